// SPDX-License-Identifier: Apache-2.0

/// A request, or a connection, that was refused before the gate was asked: what is known of it, for the audit log.
package struct EarlyRefusal: Sendable {
    package var transport: Arrival.Transport
    /// The caller's address without its port.
    package var remoteAddress: String
    /// As in ``Arrival``.
    package var forwardedFor: String?
    /// What was asked for, as it came, without its query; `nil` where that could not be read.
    package var path: String?
    package var requestID: String?
    /// As the protocol counts: of HTTP, or of gRPC. What it would have been told, if it could not be told anything.
    package var status: Int
    package var reason: String

    package init(
        _ transport: Arrival.Transport,
        remoteAddress: String,
        target: String? = nil,
        status: Int,
        reason: String
    ) {
        self.transport = transport
        self.remoteAddress = remoteAddress
        self.status = status
        self.reason = reason
        path = target.flatMap(Self.path)
    }

    /// Bytes of a path that are kept: more than the audit log prints of one.
    private static let pathLimit = 512

    /// A query may hold secrets, and so may what stands before the path of a whole URL.
    private static func path(of target: String) -> String? {
        var rest = target.utf8.prefix(8 * pathLimit)
        if rest.first != UInt8(ascii: "/") {
            guard let scheme = rest.firstRange(of: "://".utf8) else { return nil }
            rest = rest[scheme.upperBound...]
            guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return "/" }
            rest = rest[slash...]
        }
        let end = rest.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? rest.endIndex
        return String(decoding: rest[..<end].prefix(pathLimit), as: UTF8.self)
    }
}
