// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing
import Transport

@testable import HTTPServer

@Suite("Names and origins") struct HostAndOriginTests {
    @Test(
        "a host is compared without its port",
        arguments: [
            ("localhost", true), ("LocalHost:8000", true), ("localhost.", true), ("localhost.:80", true),
            ("127.0.0.1:8000", true), ("[::1]", true), ("[::1]:8000", true), ("::1", false), ("", false),
            (":80", false),
            ("localhost:", true), ("localhost:80x", false), ("localhost:80:80", false), ("[::1", false),
            ("[::1]x", false), ("evil.example", false), ("localhost.evil.example", false), ("xlocalhost", false),
            ("127.0.0.1.evil.example", false), ("user@localhost", false), ("models.example.org", true),
        ]
    )
    func hosts(authority: String, isAllowed: Bool) throws {
        let policy = try HostPolicy(HostPolicy.loopbackNames + ["Models.Example.org"])
        #expect(policy.allows(authority) == isAllowed)
        #expect(HostPolicy.any.allows(authority))
    }

    @Test("a name of a host is one, and has no port", arguments: ["", "a:80", "a/b", "http://a", "a b", "[]"])
    func badHosts(name: String) {
        #expect(throws: ServingError.self) { try HostPolicy([name]) }
    }

    @Test func anyHostIsAnyHost() throws {
        #expect(try HostPolicy(["*"]) == .any)
        #expect(throws: ServingError.self) { try HostPolicy(["*", "a"]) }
    }

    @Test(
        "answers to its own names only, on hot and cold routes",
        arguments: [inferRequest("echo", body: "x"), get("/v2/health/live"), get("/v2/nothing")]
    )
    func misdirected(request: String) async throws {
        let hosts = try HostPolicy(["localhost"])
        try await LiveServer.run(configure: {
            $0.hosts = hosts
            $0.metricsHosts = hosts
        }) { live in
            for port in [live.port, live.metricsPort] {
                let client = try RawClient(port: port)
                client.send(request)
                let answer = try await client.answer()
                #expect(answer.status == 421)
                #expect(answer.text.contains("--allowed-host"))
                #expect(await client.isAtEnd())
            }
            let client = try RawClient(port: live.port)
            client.send(request.replacing("Host: h", with: "Host: localhost:\(live.port)"))
            #expect(try await client.answer().status != 421)
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    private static let site = "https://app.example.org"

    @Test(
        "a page may read answers if its origin was named",
        arguments: [inferRequest("echo", body: "x"), inferRequest("none", body: "x"), get("/v2/health/live")],
        [(site, site), ("https://evil.example", nil), ("https://app.example.org:444", nil), ("null", nil)]
    )
    func origins(request: String, origin: (sent: String, granted: String?)) async throws {
        let cors = try CORSPolicy(origins: [Self.site, "http://localhost:3000"], allowsCredentials: true)
        try await LiveServer.run(configure: { $0.cors = cors }) { live in
            let client = try RawClient(port: live.port)
            client.send(request.replacing("Host: h", with: "Host: h\r\nOrigin: \(origin.sent)"))
            let headers = try await client.answer().headers
            #expect(headers["access-control-allow-origin"] == origin.granted)
            #expect(headers["access-control-allow-credentials"] == origin.granted.map { _ in "true" })
        }
    }

    @Test("nothing is granted unless it was asked for")
    func noPolicy() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(get("/v2/health/live").replacing("Host: h", with: "Host: h\r\nOrigin: \(Self.site)"))
            #expect(try await client.answer().headers.keys.filter { $0.hasPrefix("access-control") } == [])
            client.send(Self.preflight(Self.site))
            let answer = try await client.answer()
            #expect(answer.status == 405)
            #expect(answer.headers.keys.filter { $0.hasPrefix("access-control") } == [])
        }
    }

    private static func preflight(_ origin: String) -> String {
        "OPTIONS /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nOrigin: \(origin)\r\n"
            + "Access-Control-Request-Method: POST\r\n\r\n"
    }

    @Test("answers a preflight", arguments: [(site, 204), ("https://evil.example", 405)])
    func preflights(origin: String, status: Int) async throws {
        let cors = try CORSPolicy(origins: [Self.site], allowsCredentials: false)
        try await LiveServer.run(configure: { $0.cors = cors }) { live in
            let client = try RawClient(port: live.port)
            client.send(Self.preflight(origin))
            let answer = try await client.answer()
            #expect(answer.status == status)
            #expect(answer.headers["access-control-allow-methods"] == (status == 204 ? "GET, POST" : nil))
            #expect(answer.headers["access-control-allow-origin"] == (status == 204 ? origin : nil))
            #expect(answer.headers["vary"] == "Origin")
        }
    }

    @Test(
        "an origin is what browsers send",
        arguments: [
            "", "app.example.org", "https://", "https://a/", "https://a/b", "https://A", "null", "ftp://a",
            "https://a:443", "http://a:80", "https://a:", "https://a:0443", "https://a:99999", "https://[[[:::",
            "https://[::1", "https://[x]", "https://a:b", "https://:1", "https://a:1:2", "https://[::1]x",
            "https://[0:0:0:0:0:0:0:1]", "https://[::0001]", "https://[::FFFF:1]", "https://127.1",
            "https://127.0.0.01",
            "https://0x7f.0.0.1", "https://2130706433", "http://[127.0.0.1]", "http://256.1.1.1", "https://foo.0x1",
        ]
    )
    func badOrigins(origin: String) {
        #expect(throws: ServingError.self) { try CORSPolicy(origins: [origin], allowsCredentials: false) }
    }

    @Test func anyOriginHasNoCredentials() throws {
        #expect(try CORSPolicy(origins: ["*"], allowsCredentials: false).grant("https://a")?.origin == "*")
        #expect(throws: ServingError.self) { try CORSPolicy(origins: ["*"], allowsCredentials: true) }
        #expect(throws: ServingError.self) { try CORSPolicy(origins: ["*", "https://a"], allowsCredentials: false) }
    }
}
