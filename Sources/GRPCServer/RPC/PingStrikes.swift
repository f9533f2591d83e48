// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Whether a client pings more often than it may: gRPC's rule, which lets a client ping freely while it is being sent
/// something. Pure.
package struct PingStrikes: Sendable, Equatable {
    /// What a connection without calls has to leave between pings if it may not ping without them.
    package static let idleIntervalNanoseconds: UInt64 = 7_200_000_000_000

    /// 0: any number.
    package let limit: Int
    package let intervalNanoseconds: UInt64
    package let permitsWithoutCalls: Bool
    private var strikes = 0
    private var last: MonotonicTime?

    package init(limit: Int, intervalNanoseconds: UInt64, permitsWithoutCalls: Bool) {
        self.limit = limit
        self.intervalNanoseconds = intervalNanoseconds
        self.permitsWithoutCalls = permitsWithoutCalls
    }

    /// Headers or data went to the client.
    package mutating func sent() {
        strikes = 0
        last = nil
    }

    /// - Returns: whether it was one too many.
    package mutating func pinged(at now: MonotonicTime, hasCalls: Bool) -> Bool {
        defer { last = now }
        let interval = hasCalls || permitsWithoutCalls ? intervalNanoseconds : Self.idleIntervalNanoseconds
        guard let last, now.nanoseconds(since: last) < interval else { return false }
        strikes += 1
        return limit > 0 && strikes > limit
    }
}
