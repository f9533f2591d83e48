// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import Synchronization
import TestSupport
import Testing

/// Requests of the access tests, and what the table says of them.
struct AccessRequest: Sendable {
    static let methods = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"]

    /// At least one path for each thing that can be asked over HTTP; a test sees to it that none is missing.
    static let paths = [
        "/v2", "/v2/health/live", "/v2/health/ready", "/livez", "/readyz", "/v2/models/stats", "/v2/models/echo",
        "/v2/models/echo/versions/1", "/v2/models/echo/ready", "/v2/models/echo/versions/1/ready",
        "/v2/models/echo/config", "/v2/models/echo/stats", "/v2/models/echo/versions/1/stats",
        "/v2/models/echo/infer", "/v2/models/echo/versions/1/infer", "/v2/models/echo/generate",
        "/v2/models/echo/generate_stream", "/v2/models/echo/trace/setting", "/v2/trace/setting", "/v2/logging",
        "/v2/repository/index", "/v2/repository/r/index", "/v2/repository/models/echo/load",
        "/v2/repository/models/echo/unload", "/v2/repository/r/models/echo/load",
        "/v2/systemsharedmemory/status", "/v2/systemsharedmemory/region/x/status",
        "/v2/systemsharedmemory/region/x/register", "/v2/systemsharedmemory/unregister",
        "/v2/systemsharedmemory/region/x/unregister", "/v2/cudasharedmemory/status",
        "/v2/cudasharedmemory/region/x/register", "/v2/cudasharedmemory/unregister", "/", "/metrics", "/v2/models",
        "/v3", "/docs", "/healthz", "/invocations", "/ping",
    ]

    private static let count = Atomic<UInt32>(0)

    var method: String
    var target: String
    var credential: ShownCredential
    var isChunked = false

    /// Each from an address of its own, for the throttle.
    var text: String {
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        let address = "100.\(number >> 16 & 0xff).\(number >> 8 & 0xff).\(number & 0xff)"
        let head = "\(method) \(target) HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: \(address)\r\n\(credential.lines)"
        guard ["POST", "PUT", "DELETE"].contains(method) else { return head + "\r\n" }
        return head
            + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" : "Content-Length: 2\r\n\r\n{}")
    }

    /// A target with scheme and host means its path (RFC 9112, section 3.2.2).
    var route: Route? {
        guard target.hasPrefix("http") else { return RouteTable.match(target) }
        let host = target.drop { $0 != "/" }.dropFirst(2)
        return RouteTable.match(String(host.drop { $0 != "/" }))
    }

    private var known: RouteTable.Method? { method == "GET" ? .get : method == "POST" ? .post : nil }

    var endpoint: Endpoint { route.map { RouteTable.endpoint(of: $0, known) } ?? .unknown }

    var verdict: Verdict { Verdict(endpoint, model: route?.model, for: credential.grant) }

    /// Whether the status is one that the verdict allows.
    func isAsTold(_ status: Int) -> Bool {
        let isServed = route.map { route in known.map { RouteTable.allows($0, on: route) } ?? false } ?? true
        return switch verdict {
        case .unauthenticated: status == 401
        case .forbidden: status == 403
        // A model is looked for only by a method that there is.
        case .outOfReach: status == (isServed ? Self.statusOutOfReach(endpoint) : 405)
        case .allowed: endpoint == .unknown ? status == 404 : ![401, 403, 404, 429].contains(status)
        }
    }
}

extension AccessRequest {
    /// What is said of a model that there is not, too.
    private static func statusOutOfReach(_ endpoint: Endpoint) -> Int {
        switch endpoint {
        case .statistics: 400
        case .load: 500
        default: 404
        }
    }
}

extension Route {
    fileprivate var model: String? {
        switch self {
        case .model(let path, _): path.name
        case .load(let name), .unload(let name): name
        default: nil
        }
    }
}

/// Sends all at once on one connection, and holds each answer against the table.
func check(_ requests: [AccessRequest], port: Int, _ comment: String = "") async throws {
    let client = try RawClient(port: port)
    client.send(requests.map(\.text).joined())
    for request in requests {
        let what = "\(request.method) \(request.target) with \(request.credential) \(comment)"
        let answer: RawAnswer
        do {
            answer = try await client.answer()
        } catch {
            Issue.record("\(what): \(error)")
            return
        }
        #expect(request.isAsTold(answer.status), "\(what): \(answer.status), not \(request.verdict)")
        if answer.status == 401 {
            #expect(answer.headers["www-authenticate"] == "Bearer", "\(what)")
            let isBare = request.method == "HEAD"
            #expect(isBare == answer.body.isEmpty && (isBare || answer.text == unauthenticated), "\(what)")
        }
    }
}

/// The same whatever is wrong with a credential.
let unauthenticated =
    "{\"error\":\"a valid credential is needed: send an API key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'\"}"
