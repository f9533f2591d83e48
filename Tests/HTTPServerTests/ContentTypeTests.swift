// SPDX-License-Identifier: Apache-2.0
import Testing

@Suite("What a browser may take an answer for") struct ContentTypeTests {
    @Test(
        "is what it says, except where no browser looks",
        arguments: [
            (get("/v2"), true), (get("/v2/health/live"), true), (get("/none"), true),
            (inferRequest("none", body: "x"), true), (get("/v2").replacing("Host: h\r\n", with: ""), true),
            ("nonsense\r\n\r\n", true), (inferRequest("echo", body: "x"), false),
        ]
    )
    func header(request: String, isThere: Bool) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(request)
            let answer = try await client.answer()
            #expect(answer.headText.contains("X-Content-Type-Options: nosniff") == isThere)
        }
    }

    @Test("is what it says, on the metrics port", arguments: ["/metrics", "/none"])
    func metrics(path: String) async throws {
        try await LiveServer.run(recognises: true) { live in
            let client = try RawClient(port: live.metricsPort)
            client.send(get(path))
            #expect(try await client.answer().headText.contains("X-Content-Type-Options: nosniff"))
        }
    }
}
