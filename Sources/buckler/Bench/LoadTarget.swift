// SPDX-License-Identifier: Apache-2.0
import KServeClient

/// One server under load, and the exact bytes that it is sent again and again.
struct LoadTarget: Sendable {
    var label: String
    var address: ServerAddress
    /// A whole HTTP/1.1 request.
    var request: [UInt8]
    /// Whose statistics tell how large the batches were; `nil` if nobody's do.
    var statisticsModel: String?
    /// The server's process, if its CPU time is to be measured; its children count too.
    var processID: Int32?

    init(
        address: ServerAddress,
        path: String,
        headers: [(String, String)],
        body: [UInt8],
        processID: Int32?
    ) {
        label = address.authority
        self.address = address
        self.processID = processID
        var head = "POST \(address.pathPrefix)\(path) HTTP/1.1\r\nHost: \(address.authority)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(body.count)\r\n\r\n"
        request = Array(head.utf8) + body
    }
}
