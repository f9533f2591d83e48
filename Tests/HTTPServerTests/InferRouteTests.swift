// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import NIOCore
import Testing
import Transport

/// Infer requests over a real socket, byte for byte.
@Suite struct InferRouteTests {
    @Test func aRequestIsAnsweredWithItsHeaders() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(
                inferRequest("echo", body: "hello", headers: "X-Request-Id: abc-1\r\ntraceparent: 00-ab-cd-01\r\n")
            )
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.text.hasSuffix("hello"))
            #expect(answer.headers["x-request-id"] == "abc-1")
            #expect(answer.headers["traceparent"] == "00-ab-cd-01")
            #expect(answer.headers["content-type"] == "application/octet-stream")
            let headerLength = answer.headers["inference-header-content-length"].flatMap { Int($0) } ?? -1
            #expect(headerLength == answer.body.count - 5)
        }
    }

    @Test(arguments: [InferRequestHead.echoLimit, InferRequestHead.echoLimit + 1])
    func anEchoedHeaderIsBounded(length: Int) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            let id = String(repeating: "i", count: length)
            client.send(inferRequest("echo", body: "x", headers: "X-Request-Id: \(id)\r\n"))
            let answer = try await client.answer()
            #expect(answer.headers["x-request-id"] == (length <= InferRequestHead.echoLimit ? id : nil))
            #expect(answer.status == (length <= InferRequestHead.echoLimit ? 200 : 400))
            if answer.status == 400 { #expect(answer.text.contains("X-Request-Id must be of at most 256")) }
            client.send(get("/livez"))
            #expect(try await client.answer().status == 200, "the connection lives on")
        }
    }

    @Test func pipelinedHotAndColdRequestsAreAnsweredInOrder() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            var text = ""
            for index in 0..<200 {
                text +=
                    index % 3 == 0 ? get("/v2/models/cold\(index)/config") : inferRequest("echo", body: "hot\(index)")
            }
            client.send(text)
            for index in 0..<200 {
                let answer = try await client.answer()
                #expect(answer.status == 200)
                let expected = index % 3 == 0 ? "{\"name\":\"cold\(index)\"}" : "hot\(index)"
                #expect(answer.text.hasSuffix(expected), "answer \(index)")
            }
        }
    }

    @Test func aBodyThatComesInPiecesIsPutTogether() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            let body = String(repeating: "0123456789", count: 30_000)
            let request = Array(inferRequest("echo", body: body).utf8)
            for start in stride(from: 0, to: request.count, by: 70_001) {
                client.send(Array(request[start..<min(start + 70_001, request.count)]))
                try await Task.sleep(for: .milliseconds(5))
            }
            let answer = try await client.answer()
            #expect(answer.status == 200)
            #expect(answer.text.hasSuffix(body))
        }
    }

    @Test func aChunkedUploadIsPutTogether() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            let head =
                "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: 0\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n"
            client.send(head + "3\r\nabc\r\n")
            try await Task.sleep(for: .milliseconds(20))
            client.send("4\r\ndefg\r\n0\r\n\r\n" + get("/livez"))
            #expect(try await client.answer().text.hasSuffix("abcdefg"))
            #expect(try await client.answer().status == 200)
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test(arguments: [(8, true), (9, false)])
    func chunksAreBounded(chunks: Int, passes: Bool) async throws {
        try await LiveServer.run(configure: { $0.requestLimits.bodyChunks = 8 }) { live in
            let client = try RawClient(port: live.port)
            client.send(
                "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: 0\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            client.send(String(repeating: "1\r\nx\r\n", count: chunks) + "0\r\n\r\n")
            let answer = try await client.answer()
            #expect(answer.status == (passes ? 200 : 400))
            if !passes {
                #expect(answer.text.contains("8 chunks"))
                #expect(await client.isAtEnd())
            }
        }
    }

    @Test(arguments: [(100, 200, false), (101, 413, false), (101, 413, true)])
    func bodiesAreBounded(bytes: Int, status: Int, isChunked: Bool) async throws {
        try await LiveServer.run(configure: { $0.requestLimits.bodyBytes = 100 }) { live in
            let client = try RawClient(port: live.port)
            let body = String(repeating: "x", count: bytes)
            if isChunked {
                client.send(
                    "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                        + "Inference-Header-Content-Length: 0\r\n\r\n"
                        + "\(String(bytes, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
                )
            } else {
                client.send(inferRequest("echo", body: body))
            }
            #expect(try await client.answer().status == status)
        }
    }

    @Test func jsonBeyondItsLimitIsRefusedWithTritonsText() async throws {
        try await LiveServer.run(configure: { $0.requestLimits.jsonBytes = 10 }) { live in
            let client = try RawClient(port: live.port)
            client.send("POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n{          }")
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(
                answer.text
                    == "{\"error\":\"request JSON size of 11 bytes exceeds the maximum allowed input size of 10 "
                    + "bytes. Use --http-max-input-size to increase the limit.\"}"
            )
        }
    }

    @Test func continueIsSentOnlyAfterAdmission() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            let head =
                "Host: h\r\nExpect: 100-continue\r\nInference-Header-Content-Length: 0\r\nContent-Length: 3\r\n\r\n"
            client.send("POST /v2/models/echo/infer HTTP/1.1\r\n" + head)
            #expect(try await client.answer().status == 100)
            client.send("abc")
            #expect(try await client.answer().text.hasSuffix("abc"))
            client.send("POST /v2/models/none/infer HTTP/1.1\r\n" + head)
            #expect(try await client.answer().status == 404)
        }
    }

    @Test func errorsLeaveTheConnectionInOrder() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(
                inferRequest("none", body: "body") + inferRequest("decoupled", body: "b")
                    + inferRequest("echo", body: "e", headers: "Content-Encoding: br\r\n")
                    + "POST /v2/models/echo/versions/0/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
                    + inferRequest("echo", body: "good")
            )
            let unknown = try await client.answer()
            #expect(unknown.status == 404)
            #expect(unknown.text == "{\"error\":\"Request for unknown model: 'none' is not found\"}")
            let decoupled = try await client.answer()
            #expect(decoupled.status == 501)
            #expect(decoupled.text.contains("HTTP end point doesn't support models with decoupled transaction policy"))
            let encoding = try await client.answer()
            #expect(encoding.status == 501)
            #expect(encoding.headers["accept-encoding"] == "gzip, deflate")
            #expect(encoding.text.contains("Content-Encoding 'br' is not supported"))
            #expect(try await client.answer().status == 400)
            #expect(try await client.answer().text.hasSuffix("good"))
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }
}

@Suite struct CompressedInferTests {
    @Test(arguments: [ContentCoding.gzip, .deflate])
    func bodiesAreCompressedBothWays(coding: ContentCoding) async throws {
        try await LiveServer.run { live in
            let plain = [UInt8](repeating: 7, count: 5000)
            var packed = ByteBuffer()
            try plain.withUnsafeBytes { bytes in try coding.deflate(bytes, into: &packed) }
            let client = try RawClient(port: live.port)
            client.send(
                "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: 0\r\n"
                    + "Content-Encoding: \(coding.rawValue)\r\nAccept-Encoding: \(coding.rawValue)\r\n"
                    + "Content-Length: \(packed.readableBytes)\r\n\r\n"
            )
            client.send(Array(packed.readableBytesView))
            let answer = try await client.answer()
            #expect(answer.headers["content-encoding"] == coding.rawValue)
            let body = try answer.body.withUnsafeBytes { bytes in
                try coding.inflate(bytes, .none)
            }
            #expect(body.withUnsafeBytes { Array($0.suffix(5000)) } == plain)
        }
    }
}
