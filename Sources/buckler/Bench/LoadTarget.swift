// SPDX-License-Identifier: Apache-2.0
import KServeClient
import NIOSSL

/// One server under load, and what it is sent again and again.
struct LoadTarget: Sendable {
    enum Request: Sendable {
        /// The bytes of a whole HTTP/1.1 request.
        case http([UInt8])
        case grpc(GRPCLoadRequest)
    }

    var label: String
    var address: ServerAddress
    var request: Request
    var tls: NIOSSLContext?
    /// Part of each request already; kept for what is asked beside the load.
    var apiKey: APIKey?
    /// Whose statistics tell how large the batches were; `nil` if nobody's do.
    var statisticsModel: String?
    /// The server's process, if its CPU time is to be measured; its children count too.
    var processID: Int32?

    /// - Parameter tls: for an address that needs it.
    init(
        address: ServerAddress,
        _ request: BenchRequest,
        tls: NIOSSLContext?,
        apiKey: APIKey? = nil,
        processID: Int32?
    ) {
        var request = request
        request.headers = apiKey.authorizing(request.headers)
        label = address.authority
        self.address = address
        self.tls = tls
        self.apiKey = apiKey
        self.processID = processID
        if address.scheme.isGRPC {
            let head = GRPCRequestHead(path: request.path, authority: address.authority, isEncrypted: tls != nil)
            self.request = .grpc(
                GRPCLoadRequest(
                    head: head,
                    metadata: request.headers,
                    message: request.body,
                    isStreaming: request.isStreaming
                )
            )
        } else {
            self.request = .http(Self.httpRequest(request, to: address))
        }
    }

    private static func httpRequest(_ request: BenchRequest, to address: ServerAddress) -> [UInt8] {
        var head = "POST \(address.pathPrefix)\(request.path) HTTP/1.1\r\nHost: \(address.authority)\r\n"
        for (name, value) in request.headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(request.body.count)\r\n\r\n"
        return Array(head.utf8) + request.body
    }

    /// Whether each request may be answered many times.
    var isStreaming: Bool {
        if case .grpc(let request) = request { request.isStreaming } else { false }
    }
}
