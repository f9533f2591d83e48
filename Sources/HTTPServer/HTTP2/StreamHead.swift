// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOHPACK
import NIOHTTP1

/// The head of an HTTP/2 request as HTTP/1 would have it, so that both are judged and answered by the same code.
enum StreamHead {
    /// What the parser of HTTP/1 would have found wrong.
    enum Fault: Error, Equatable {
        case tooLarge
        /// `:authority` and `Host` name different servers: which of them counts is not for us to choose.
        case twoHosts
    }

    /// - Parameters:
    ///   - block: what NIOHTTP2 found to be a well-formed request: its pseudo-headers are there, each once.
    ///   - hasBody: whether data may follow.
    static func request(
        _ block: HPACKHeaders,
        hasBody: Bool,
        limits: ConnectionLimits
    ) throws(Fault) -> HTTPRequestHead {
        var fields: [(String, String)] = []
        var method = "", path = ""
        var authority: String?
        var hasLength = false
        for (name, value, _) in block {
            switch name {
            case ":method": method = value
            case ":path": path = value
            case ":authority": authority = value
            case _ where name.first == ":": break
            default:
                let size = name.utf8.count + value.utf8.count
                guard fields.count < limits.headerCount, size <= limits.headerFieldBytes else { throw .tooLarge }
                if name == "content-length" { hasLength = true }
                fields.append((name, value))
            }
        }
        guard path.utf8.count <= limits.headerFieldBytes else { throw .tooLarge }
        if let authority {
            let hosts = fields.filter { $0.0 == "host" }
            guard hosts.allSatisfy({ $0.1 == authority }) else { throw .twoHosts }
            if hosts.isEmpty { fields.append(("host", authority)) }
        }
        if hasBody, !hasLength { fields.append(("transfer-encoding", "chunked")) }
        return HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: method),
            uri: path,
            headers: HTTPHeaders(fields)
        )
    }
}
