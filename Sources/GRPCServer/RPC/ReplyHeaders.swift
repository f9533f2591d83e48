// SPDX-License-Identifier: Apache-2.0
package import NIOHPACK
package import Transport

/// The header blocks that a server sends. The usual ones are made once.
package enum ReplyHeaders {
    package static let plain = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])
    package static let ok = HPACKHeaders([("grpc-status", "0")])

    private static let gzip = compressed("gzip")
    private static let deflate = compressed("deflate")

    package static func initial(coding: ContentCoding?) -> HPACKHeaders {
        switch coding {
        case .gzip: gzip
        case .deflate: deflate
        case .identity, nil: plain
        }
    }

    package static func trailers(_ status: RPCStatus) -> HPACKHeaders {
        if status == .ok { return ok }
        return adding(status, to: HPACKHeaders())
    }

    /// A call that ends before anything was sent.
    package static func trailersOnly(_ status: RPCStatus, namesEncodings: Bool = false) -> HPACKHeaders {
        var headers = adding(status, to: plain)
        if namesEncodings { headers.add(name: "grpc-accept-encoding", value: "identity,deflate,gzip") }
        return headers
    }

    /// A request that is not gRPC.
    package static func http(_ status: Int) -> HPACKHeaders { HPACKHeaders([(":status", String(status))]) }

    private static func compressed(_ name: String) -> HPACKHeaders {
        var headers = plain
        headers.add(name: "grpc-encoding", value: name)
        return headers
    }

    private static func adding(_ status: RPCStatus, to headers: HPACKHeaders) -> HPACKHeaders {
        var headers = headers
        headers.add(name: "grpc-status", value: String(status.code.rawValue))
        if !status.message.isEmpty {
            // Every message is different: in the peer's table it would only push out what is used again.
            headers.add(name: "grpc-message", value: StatusMessage.encode(status.message), indexing: .nonIndexable)
        }
        return headers
    }
}
