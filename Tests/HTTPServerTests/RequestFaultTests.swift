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
            ("Host: h\r\nTransfer-Encoding: gzip\r\n", 400, "Content-Length and Transfer-Encoding stand together"),
            ("Host: h\r\nContent-Length: 1\r\n", 400, "Content-Length stands more than once"),
            ("Host: h\nAccept: x\r\n", 400, "a line does not end in CR LF"),
            ("Host: h\r\nX-A: \(String(repeating: "a", count: 8190))\r\n", 431, "8192 bytes for one"),
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

    @Test(
        "what is wrong with a chunk is told in words",
        arguments: ["1x\r\nx\r\n", "1\rx\r\n", "1\r\nxx\r\n", "1\r\nx\rx\r\n", "g\r\nx\r\n"]
    )
    func chunkFaults(chunk: String) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(Self.chunked[0] + "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(!answer.text.contains("strict mode") && !answer.text.contains("http-parser"), "\(answer.text)")
            #expect(answer.text.contains("chunk") || answer.text.contains("CR LF"), "\(answer.text)")
        }
    }

    static let chunked = [
        "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: 0\r\n",
        "POST /v2/repository/index HTTP/1.1\r\nHost: h\r\n", "GET /livez HTTP/1.1\r\nHost: h\r\n",
    ]

    @Test(
        "RFC 9112 6.1: a transfer coding that is not known is answered 501",
        arguments: chunked,
        [
            ("Transfer-Encoding: gzip, chunked", "gzip, chunked"), ("Transfer-Encoding: gzip", "gzip"),
            ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "gzip, chunked"),
        ]
    )
    func transferCodings(head: String, coding: (header: String, shown: String)) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(head + coding.header + "\r\n\r\n1\r\nx\r\n0\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 501)
            #expect(answer.text.contains("Transfer-Encoding '\(coding.shown)' is not supported"), "\(answer.text)")
            #expect(await client.isAtEnd())
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    /// The parser refuses them itself, since it cannot tell where the body ends.
    @Test(
        "chunked is the last coding, and stands once",
        arguments: chunked,
        ["Transfer-Encoding: chunked, gzip", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"]
    )
    func chunkedIsLast(head: String, coding: String) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(head + coding + "\r\n\r\n1\r\nx\r\n0\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.text.contains("Transfer-Encoding"), "\(answer.text)")
            #expect(await client.isAtEnd())
        }
    }

    @Test(arguments: ["chunked", "Chunked", "\tchunked "])
    func chunkedIsChunked(coding: String) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(Self.chunked[0] + "Transfer-Encoding: \(coding)\r\n\r\n1\r\nx\r\n0\r\n\r\n")
            #expect(try await client.answer().status == 200)
        }
    }

    @Test func aFieldMayHaveExactlySoManyBytes() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            for head in [Self.hot, Self.cold] {
                client.send(head + "Host: h\r\nX-A: \(String(repeating: "a", count: 8189))\r\n\r\nx")
                #expect(try await client.answer().status != 431)
            }
        }
    }

    @Test func thePrefaceOfHTTP2IsNamed() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.text.contains("this port does not speak HTTP/2 without TLS"), "\(answer.text)")
            #expect(await client.isAtEnd())
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
