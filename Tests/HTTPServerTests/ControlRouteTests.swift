// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import NIOHTTP1
import Testing

@Suite struct ControlRouteTests {
    @Test(
        arguments: [
            ("/v2/health/live", 200, ""),
            ("/v2/health/ready", 200, ""),
            ("/livez", 200, ""),
            ("/readyz", 200, ""),
            ("/v2/models/echo/ready", 200, ""),
            ("/v2/models/other/ready", 400, "{\"error\":\"Model version not ready\"}"),
            ("/v2/models/m/config", 200, "{\"name\":\"m\"}"),
            ("/v2/nothing", 404, "{\"error\":\"Not Found\"}"),
            ("/v2/models/m/infer", 405, "{\"error\":\"Method Not Allowed\"}"),
            ("/v2/repository/index", 405, "{\"error\":\"Method Not Allowed\"}"),
            ("/v2/models/m/versions/0/config", 400, nil),
            ("/v2/logging", 501, nil),
            ("/v2/systemsharedmemory/status", 501, nil),
        ] as [(String, Int, String?)]
    )
    func aPathIsAnsweredAsInTriton(path: String, status: Int, body: String?) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send(get(path))
            let answer = try await client.answer()
            #expect(answer.status == status)
            if let body { #expect(answer.text == body) } else { #expect(answer.text.hasPrefix("{\"error\":")) }
        }
    }

    @Test func repositoryRoutesTakeBodies() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            client.send("POST /v2/repository/index HTTP/1.1\r\nHost: h\r\nContent-Length: 14\r\n\r\n{\"ready\":true}")
            #expect(try await client.answer().text == "[]")
            client.send("POST /v2/repository/models/m/load HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            let load = try await client.answer()
            #expect(load.status == 503)
            #expect(load.text.contains("explicit model load / unload is not allowed if polling is enabled"))
            client.send("POST /v2/repository/models/m/unload HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            let unload = try await client.answer()
            #expect(unload.status == 200 && unload.body.isEmpty)
        }
    }

    @Test(arguments: [(64 << 10, 200), ((64 << 10) + 1, 413)])
    func aControlBodyIsBounded(bytes: Int, status: Int) async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.port)
            let body = "{" + String(repeating: " ", count: bytes - 2) + "}"
            client.send("POST /v2/repository/index HTTP/1.1\r\nHost: h\r\nContent-Length: \(bytes)\r\n\r\n\(body)")
            #expect(try await client.answer().status == status)
        }
    }

    @Test func metricsHaveAPortOfTheirOwn() async throws {
        try await LiveServer.run { live in
            let client = try RawClient(port: live.metricsPort)
            client.send(get("/metrics") + get("/anything") + get("/metrics?x=1"))
            let page = try await client.answer()
            #expect(page.text == "up 1\n")
            #expect(page.headers["content-type"] == "text/plain; charset=utf-8")
            let other = try await client.answer()
            #expect(other.status == 200 && other.body.isEmpty)
            #expect(try await client.answer().text == "up 1\n")
            client.send(inferRequest("echo", body: "x"))
            #expect(try await client.answer().body.isEmpty)
        }
    }

    @Test(
        arguments: zip(
            ServingError.Code.allCases,
            [400, 500, 404, 400, 503, 501, 400, 400, 401, 403, 429, 413, 504]
        )
    )
    func everyCodeHasItsStatus(code: ServingError.Code, status: Int) {
        #expect(code.httpStatus == status)
    }
}
