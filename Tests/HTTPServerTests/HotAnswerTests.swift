// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import Synchronization
import Testing

/// A client cannot tell from an answer who read its request.
@Suite struct HotAnswerTests {
    private static let long = String(repeating: "0123456789", count: 5000)
    private static let json =
        "{\"id\":\"7\",\"inputs\":[{\"name\":\"INPUT\",\"datatype\":\"UINT8\",\"shape\":[3],\"data\":[1,2,3]}]}"

    /// Each ordinary as far as its head goes.
    private static let requests = [
        inferRequest("echo", body: "hello"),
        inferRequest("echo", body: long),
        inferRequest("echo", body: "x", headers: "X-Request-Id: abc-1\r\ntraceparent: 00-ab-cd-01\r\n"),
        inferRequest("echo", body: "x", headers: "X-Request-Id: \(String(repeating: "i", count: 257))\r\n"),
        inferRequest("echo", body: long, headers: "Accept-Encoding: gzip\r\n"),
        inferRequest("echo", body: "x", headers: "Accept-Encoding: identity\r\nConnection: keep-alive\r\n"),
        "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)",
        "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
        "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n{a}",
        "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: x\r\nContent-Length: 1\r\n\r\n1",
        "POST /v2/models/echo/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: 9\r\nContent-Length: 1\r\n\r\n1",
        "POST /v2/models/echo/versions/0/infer HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx",
        inferRequest("none", body: "x"),
        inferRequest("none", body: long),
        inferRequest("decoupled", body: "x"),
        inferRequest("echo", body: String(repeating: "y", count: 70_000)),
    ]

    @Test func answersAreTheSameByteForByte() async throws {
        let parsed = try await answers(recognises: false)
        let recognised = try await answers(recognises: true)
        #expect(parsed.count == Self.requests.count)
        for (index, pair) in zip(parsed, recognised).enumerated() {
            #expect(pair.0.headText == pair.1.headText, "request \(index)")
            #expect(pair.0.body == pair.1.body, "request \(index)")
        }
    }

    /// The last request is beyond the limit, so that its answer ends the connection.
    private func answers(recognises: Bool) async throws -> [RawAnswer] {
        let collected = CollectedAnswers()
        try await LiveServer.run(recognises: recognises, configure: { $0.requestLimits.bodyBytes = 60_000 }) { live in
            let client = try RawClient(port: live.port)
            for request in Self.requests {
                client.send(request)
                collected.append(try await client.answer())
            }
            #expect(await client.isAtEnd())
        }
        return collected.answers
    }
}

private final class CollectedAnswers: Sendable {
    private let collected = Mutex<[RawAnswer]>([])

    func append(_ answer: RawAnswer) { collected.withLock { $0.append(answer) } }
    var answers: [RawAnswer] { collected.withLock { $0 } }
}
