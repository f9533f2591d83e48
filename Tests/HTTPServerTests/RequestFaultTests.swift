// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import NIOHTTP1
import Testing

/// What HTTP itself forbids, on hot and cold routes alike.
@Suite struct RequestFaultTests {
    static let hot =
        "POST /v2/models/echo/infer HTTP/1.1\r\nContent-Length: 1\r\nInference-Header-Content-Length: 0\r\n"
    static let cold = "POST /v2/repository/index HTTP/1.1\r\nContent-Length: 1\r\n"
    static let long = String(repeating: "i", count: 257)

    @Test(
        arguments: [hot, cold],
        [
            ("", 400, "needs one Host header, this one has 0"),
            ("Host: a\r\nHost: a\r\n", 400, "needs one Host header, this one has 2"),
            ("Host: h\r\nExpect: 200-ok\r\n", 417, "Expect '200-ok' cannot be met"),
            ("Host: h\r\nExpect: 100-continue\r\nExpect: x\r\n", 417, "Expect 'x' cannot be met"),
            ("Host: h\r\nExpect: \(long)\r\n", 417, "Expect '\(long.prefix(64))…' cannot be met"),
            ("Host: h\r\nX-Request-Id: \(long)\r\n", 400, "X-Request-Id must be of at most 256"),
            ("Host: h\r\nX-Request-Id: caf\u{e9}\r\n", 400, "X-Request-Id must be of at most 256"),
        ]
    )
    func isRefusedAndNamed(head: String, fault: (headers: String, status: Int, message: String)) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(head + fault.headers + "\r\nx")
            let answer = try await client.answer()
            #expect(answer.status == fault.status)
            #expect(answer.text.contains(fault.message), "\(answer.text)")
            let livesOn = fault.headers.contains("X-Request-Id")
            #expect(answer.headers["connection"] == (livesOn ? nil : "close"))
            if !livesOn { #expect(await client.isAtEnd()) }
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test func http10NeedsNoHost() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send("GET /livez HTTP/1.0\r\n\r\n")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test(arguments: [
        ("br", "br"), ("gzip, br", "gzip, br"), ("a\tb", "a\u{FFFD}b"),
        (String(repeating: "c", count: 64), String(repeating: "c", count: 64)),
        (String(repeating: "c", count: 65), String(repeating: "c", count: 64) + "…"),
    ])
    func aRefusedEncodingIsShownBoundedAndPlain(value: String, shown: String) {
        #expect(InferRequestHead(HTTPHeaders([("Content-Encoding", value)])).refusedEncoding == shown)
    }

    @Test func aSecondEncodingIsRefusedWithTheFirst() {
        let twice = InferRequestHead(HTTPHeaders([("Content-Encoding", "gzip"), ("Content-Encoding", "deflate")]))
        #expect(twice.contentEncoding == nil)
        #expect(twice.refusedEncoding == "gzip, deflate")
        #expect(InferRequestHead(HTTPHeaders([("Content-Encoding", "gzip")])).refusedEncoding == nil)
    }
}
