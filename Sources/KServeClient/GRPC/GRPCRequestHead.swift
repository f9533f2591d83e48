// SPDX-License-Identifier: Apache-2.0
package import NIOHPACK

/// The headers that begin a call.
package struct GRPCRequestHead: Sendable, Equatable {
    package var path: String
    package var authority: String
    package var isEncrypted: Bool

    package init(path: String, authority: String, isEncrypted: Bool) {
        self.path = path
        self.authority = authority
        self.isEncrypted = isEncrypted
    }

    private static let indexedBytes = 1024

    /// In the order of "gRPC over HTTP2": `te` finds proxies that would lose trailers.
    /// - Parameter timeoutSeconds: told to the server; `nil` for no limit.
    package func headers(metadata: [(String, String)] = [], timeoutSeconds: Int? = nil) -> HPACKHeaders {
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": isEncrypted ? "https" : "http", ":path": path, ":authority": authority,
            "te": "trailers",
        ]
        // The value has at most eight digits.
        if let timeoutSeconds { headers.add(name: "grpc-timeout", value: "\(min(timeoutSeconds, 99_999_999))S") }
        headers.add(name: "content-type", value: "application/grpc")
        headers.add(name: "user-agent", value: "buckler")
        for (name, value) in metadata {
            // What is longer than the server's table would only empty it.
            let indexing: HPACKIndexing = value.utf8.count <= Self.indexedBytes ? .indexable : .nonIndexable
            headers.add(name: name.lowercased(), value: value, indexing: indexing)
        }
        return headers
    }
}

/// Sizes that RFC 9113 fixes.
package enum HTTP2Window {
    /// Of a connection, and of a stream before settings say otherwise.
    package static let initial = 65_535
    package static let maximum = Int(Int32.max)
}
