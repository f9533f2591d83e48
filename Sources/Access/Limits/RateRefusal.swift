// SPDX-License-Identifier: Apache-2.0

/// A limit that a caller has reached, in numbers that he may see.
package struct RateRefusal: Error, Sendable, Equatable {
    package enum Limit: String, Sendable, CaseIterable {
        case requests
        case bytes
        case concurrentRequests = "concurrent-requests"
        case concurrentModelRequests = "concurrent-model-requests"
        /// The server has no room to keep count of one more caller.
        case callers

        /// The unit as the draft names it; requests need no mention.
        fileprivate var unit: String? {
            switch self {
            case .requests, .callers: nil
            case .bytes: "content-bytes"
            case .concurrentRequests, .concurrentModelRequests: "concurrent-requests"
            }
        }
    }

    /// Nobody is told to come back later than this.
    package static let longestWaitSeconds = 86_400

    package let limit: Limit
    /// What the limit allows: units in ``windowSeconds``, or at once.
    package let quota: Int
    package let remaining: Int
    /// In which the quota is there again; `nil` for what may be in use at once.
    package let windowSeconds: Int?
    /// At least a second: the fields have no fractions.
    package let retryAfterSeconds: Int

    package init(_ limit: Limit, quota: Double, remaining: Double, windowSeconds: Double?, retryAfter seconds: Double) {
        self.limit = limit
        self.quota = Self.whole(quota, in: 0...Int(1e15))
        self.remaining = Self.whole(remaining.rounded(.down), in: 0...Int(1e15))
        self.windowSeconds = windowSeconds.map { Self.whole($0.rounded(.up), in: 1...Self.longestWaitSeconds) }
        retryAfterSeconds = Self.whole(seconds.rounded(.up), in: 1...Self.longestWaitSeconds)
    }

    private static func whole(_ number: Double, in range: ClosedRange<Int>) -> Int {
        number < Double(range.upperBound) ? max(range.lowerBound, Int(max(number, 0))) : range.upperBound
    }

    /// The fields of an answer with status 429: `Retry-After` (RFC 9110), `RateLimit-Policy` and `RateLimit` as
    /// draft-ietf-httpapi-ratelimit-headers has them since its eighth version, and the three that came before and that
    /// most clients read. The server's own limits are not the caller's to know.
    package var fields: [(name: String, value: String)] {
        let wait = ("Retry-After", "\(retryAfterSeconds)")
        guard limit != .callers else { return [wait] }
        var policy = "\"\(limit.rawValue)\";q=\(quota)"
        if let unit = limit.unit { policy += ";qu=\"\(unit)\"" }
        if let windowSeconds { policy += ";w=\(windowSeconds)" }
        return [
            wait,
            ("RateLimit-Policy", policy),
            ("RateLimit", "\"\(limit.rawValue)\";r=\(remaining);t=\(retryAfterSeconds)"),
            ("RateLimit-Limit", "\(quota)"),
            ("RateLimit-Remaining", "\(remaining)"),
            ("RateLimit-Reset", "\(retryAfterSeconds)"),
        ]
    }
}
