// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@testable import HTTPServer

/// RFC 9112, section 3.2.2: a server takes the form that proxies are asked in, too.
@Suite struct AbsoluteTargetTests {
    @Test(arguments: [
        ("http://h/v2", "h", "/v2"), ("HTTPS://h:8000/v2?a=b#c", "h:8000", "/v2?a=b#c"), ("http://h", "h", "/"),
        ("http://h?x", "h", "/?x"), ("http://h//v2/../x", "h", "//v2/../x"), ("http://u@h/%2f", "u@h", "/%2f"),
        ("http://[::1]:80/a:b//c", "[::1]:80", "/a:b//c"), ("http://h\\/v2", "h\\", "/v2"),
    ])
    func isTakenApart(target: String, authority: String, path: String) {
        let absolute = AbsoluteTarget(target)
        #expect(absolute?.authority == authority)
        #expect(absolute?.path == path)
    }

    @Test(arguments: [
        "/v2", "*", "", "http:/v2", "http:///v2", "http://", "ftp://h/v2", "h:80", "xhttp://h/v2", "//h/v2",
    ])
    func isNone(target: String) { #expect(AbsoluteTarget(target) == nil) }

    @Test("is answered as its path is, hot or cold", arguments: [false, true])
    func isAnswered(recognises: Bool) async throws {
        try await LiveServer.run(recognises: recognises) { live in
            let client = try RawClient(port: live.port)
            for prefix in ["", "http://h", "HTTP://h:8000", "https://h"] {
                let body = inferRequest("echo", body: "x").replacing("POST /v2", with: "POST \(prefix)/v2")
                client.send(body)
                let answer = try await client.answer()
                #expect(answer.status == 200 && answer.text.hasSuffix("x"), "\(prefix): \(answer.text)")
                client.send(get("\(prefix)/v2/health/live"))
                #expect(try await client.answer().status == 200)
                client.send(get("\(prefix)/v2/none?x=y"))
                #expect(try await client.answer().status == 404)
            }
            for target in ["ftp://h/v2/models/echo/infer", "http:///v2/models/echo/infer"] {
                let client = try RawClient(port: live.port)
                client.send(inferRequest("echo", body: "x").replacing("/v2/models/echo/infer", with: target))
                let answer = try await client.answer()
                #expect(answer.status == 400, "\(target): \(answer.text)")
            }
        }
    }

    @Test(
        "names one of the server's hosts, and so does Host",
        arguments: [("localhost", "localhost", 200), ("h", "localhost", 421), ("localhost", "h", 421)]
    )
    func hosts(target: String, host: String, status: Int) async throws {
        let hosts = try HostPolicy(["localhost"])
        try await LiveServer.run(configure: { $0.hosts = hosts }) { live in
            for request in [inferRequest("echo", body: "x"), get("/v2/health/live")] {
                let client = try RawClient(port: live.port)
                client.send(
                    request.replacing(" /v2", with: " http://\(target):\(live.port)/v2")
                        .replacing("Host: h", with: "Host: \(host)")
                )
                #expect(try await client.answer().status == status)
            }
        }
    }
}
