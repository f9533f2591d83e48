// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import NIOHPACK
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing
import Transport

@testable import HTTPServer

@Suite("HTTP/2", .serialized) struct HTTP2Tests {
    /// A server that speaks it, and how to reach it.
    private static func run(
        asking gate: (any Gate)? = nil,
        isMutual: Bool = false,
        configure: (inout HTTPServerSettings) -> Void = { _ in },
        _ test: @escaping @Sendable (LiveServer, HTTP2Client) async throws -> Void
    ) async throws {
        try await TestCertificates.withFiles(TestCertificates.all) { path in
            let files = TLSFiles(
                certificate: .init(flag: "--tls-cert", path: path("server.pem")),
                key: .init(flag: "--tls-key", path: path("server.key")),
                clientRoots: isMutual ? .init(flag: "--tls-client-roots", path: path("root.pem")) : nil,
                protocols: ["h2", "http/1.1"]
            )
            try await LiveServer.run(
                recognises: true,
                asking: gate,
                configure: {
                    $0.tls = files
                    $0.http2 = HTTP2Limits(headerListBytes: $0.connectionLimits.headerListBytes)
                    configure(&$0)
                }
            ) { live in
                let tls = try TestCertificates.client(withCertificate: isMutual)
                let client = try await HTTP2Client.connect(port: live.port, tls: tls)
                try await test(live, client)
                await client.close()
            }
        }
    }

    private static let raw = [("inference-header-content-length", "0")]

    @Test("is answered as HTTP/1 is, hot and cold, good and bad")
    func sameAnswers() async throws {
        let requests: [(method: String, path: String, fields: [(String, String)], body: String)] = [
            ("POST", "/v2/models/echo/infer", Self.raw, "one"),
            (
                "POST", "/v2/models/echo/infer", Self.raw + [("x-request-id", "7"), ("origin", "https://a.example")],
                "one"
            ),
            ("POST", "/v2/models/echo/infer", Self.raw + [("accept-encoding", "gzip")], "one"),
            ("POST", "/v2/models/echo/infer", [], "{"), ("POST", "/v2/models/none/infer", Self.raw, "one"),
            ("POST", "/v2/models/decoupled/infer", Self.raw, "one"),
            ("POST", "/v2/models/echo/infer", Self.raw + [("content-encoding", "br")], "one"),
            ("POST", "/v2/models/echo/infer", Self.raw + [("expect", "tea")], "one"),
            ("POST", "/v2/models/echo/infer", Self.raw + [("x-request-id", "ü")], "one"),
            ("GET", "/v2", [], ""), ("GET", "/v2/health/live", [("origin", "https://a.example")], ""),
            ("HEAD", "/v2/health/live", [], ""), ("GET", "/v2/models/echo/infer", [], ""), ("GET", "/nothing", [], ""),
            ("DELETE", "/v2", [], ""), ("GET", "/v2//health/live", [], ""), ("GET", "*", [], ""),
            ("POST", "/v2/repository/index", [], "{}"), ("POST", "/v2/repository/models/m/load", [], "{}"),
            ("OPTIONS", "/v2", [("origin", "https://a.example"), ("access-control-request-method", "POST")], ""),
        ]
        let cors = try CORSPolicy(origins: ["https://a.example"], allowsCredentials: false)
        try await Self.run(configure: { $0.cors = cors }) { live, client in
            for request in requests {
                let answer = try await client.request(
                    request.method,
                    request.path,
                    request.fields + (request.body.isEmpty ? [] : [("content-length", "\(request.body.utf8.count)")]),
                    body: request.body
                )
                let expected = try await Self.overHTTP1(live.port, request)
                #expect(answer.status == expected.status, "\(request)")
                #expect(answer.body == expected.body, "\(request)")
                #expect(answer.fields.filter { $0.key != "date" } == expected.fields, "\(request)")
                #expect(answer.reset == nil, "\(request)")
            }
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    private static func overHTTP1(
        _ port: Int,
        _ request: (method: String, path: String, fields: [(String, String)], body: String)
    ) async throws -> HTTP2Client.Answer {
        let client = try await TLSClient.connect(
            port: port,
            tls: TestCertificates.client(withCertificate: false, protocols: ["http/1.1"])
        )
        #expect(client.agreedProtocol == "http/1.1")
        var text = "\(request.method) \(request.path) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        for (name, value) in request.fields { text += "\(name): \(value)\r\n" }
        if !request.body.isEmpty { text += "Content-Length: \(request.body.utf8.count)\r\n" }
        client.send(text + "\r\n" + request.body)
        #expect(await client.isEnded())
        let received = await client.received("\r\n\r\n") ?? ""
        var answer = HTTP2Client.Answer()
        let end = received.firstRange(of: "\r\n\r\n")
        answer.body = end.map { String(received[$0.upperBound...]) } ?? ""
        let lines = received[..<(end?.lowerBound ?? received.startIndex)].split(separator: "\r\n")
        answer.status = lines.first.map { String($0.split(separator: " ")[1]) } ?? ""
        for line in lines.dropFirst() {
            let parts = line.split(separator: ": ", maxSplits: 1)
            let name = parts[0].lowercased()
            if name != "connection", name != "date" { answer.fields[name] = parts.count == 2 ? String(parts[1]) : "" }
        }
        return answer
    }

    @Test("serves many requests at once on one connection, in any order")
    func manyStreams() async throws {
        try await Self.run { live, client in
            let held = Task { try await client.request("POST", "/v2/models/held/infer", Self.raw, body: "late") }
            #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let answer = try await client.request(
                            "POST",
                            "/v2/models/echo/infer",
                            Self.raw,
                            body: "body \(number)"
                        )
                        #expect(answer.status == "200" && answer.body.hasSuffix("body \(number)"))
                    }
                }
                try await group.waitForAll()
            }
            live.service.held.answerAll()
            let late = try await held.value
            #expect(late.body.hasSuffix("late"))
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test("takes large bodies and gives large answers through its windows")
    func large() async throws {
        let body = String(repeating: "x", count: 5 << 20) + "end"
        try await Self.run { live, client in
            let answer = try await client.request("POST", "/v2/models/echo/infer", Self.raw, body: body)
            #expect(answer.status == "200" && answer.body.hasSuffix("xend") && answer.body.count >= body.count)
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test("refuses what is too large without ending the connection, or wanting the rest of it")
    func refusals() async throws {
        try await Self.run(configure: { $0.requestLimits.bodyBytes = 1 << 20 }) { live, client in
            let tooLong = [("content-length", "\(1 << 20 + 1)")] + Self.raw
            let declared = try await client.request("POST", "/v2/models/echo/infer", tooLong, ends: false)
            #expect(declared.status == "413")
            let body = String(repeating: "x", count: 1 << 20 + 1)
            let undeclared = try await client.request("POST", "/v2/models/echo/infer", Self.raw, body: body)
            #expect(undeclared.status == "413" && declared.body.contains("1048577"))
            let good = try await client.request("POST", "/v2/models/echo/infer", Self.raw, body: "one")
            #expect(good.status == "200")
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test(
        "holds heads to the limits of HTTP/1's, at the limit and beyond",
        arguments: [
            ([("x-a", String(repeating: "a", count: 8189))], "200"),
            ([("x-a", String(repeating: "a", count: 8190))], "431"),
            ((0..<100).map { ("x-\($0)", "a") }, "200"), ((0..<101).map { ("x-\($0)", "a") }, "431"),
            ([("host", "h")], "200"), ([("host", "other")], "400"), ([("host", "h"), ("host", "h")], "400"),
        ]
    )
    func heads(fields: [(String, String)], status: String) async throws {
        try await Self.run { _, client in
            let answer = try await client.request("GET", "/v2/health/live", fields)
            #expect(answer.status == status)
            let again = try await client.request("GET", "/v2/health/live")
            #expect(again.status == "200")
        }
    }

    @Test("answers to allowed names only", arguments: [("h", "", "200"), ("x", "", "421"), ("", "x", "421")])
    func names(authority: String, host: String, status: String) async throws {
        let hosts = try HostPolicy(["h"])
        try await Self.run(configure: { $0.hosts = hosts }) { _, client in
            let fields = host.isEmpty ? [] : [("host", host)]
            let authority = authority.isEmpty ? nil : authority
            let answer = try await client.request("GET", "/v2/health/live", fields, authority: authority)
            #expect(answer.status == status)
        }
    }

    @Test("bounds what the requests of one connection hold together")
    func connectionBytes() async throws {
        try await Self.run(configure: { $0.connectionLimits.bytesInFlightPerConnection = 20 << 20 }) { live, client in
            let half = [("content-length", "\(10 << 20)")] + Self.raw
            async let first = client.request("POST", "/v2/models/echo/infer", half, body: "x", ends: false)
            async let second = client.request("POST", "/v2/models/echo/infer", half, body: "x", ends: false)
            #expect(await LiveServer.eventually { live.gate.inFlight.bytes == 20 << 20 })
            let one = [("content-length", "1")] + Self.raw
            let third = try await client.request("POST", "/v2/models/echo/infer", one, body: "x")
            #expect(third.status == "503")
            let elsewhere = try await HTTP2Client.connect(
                port: live.port,
                tls: TestCertificates.client(withCertificate: false)
            )
            let fourth = try await elsewhere.request("POST", "/v2/models/echo/infer", Self.raw, body: "x")
            #expect(fourth.status == "200")
            await elsewhere.close()
            await client.close()
            _ = try await (first, second)
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test("ends requests and connections that take too long")
    func timeouts() async throws {
        try await Self.run(configure: {
            $0.connectionLimits.bodySeconds = 1
            $0.connectionLimits.idleSeconds = 2
        }) { live, client in
            let slow = try await client.request("POST", "/v2/models/echo/infer", Self.raw, body: "x", ends: false)
            #expect(slow.status == "408")
            #expect(await LiveServer.eventually { client.isClosed })
            #expect(await LiveServer.eventually { live.holdsNothing })
        }
    }

    @Test("counts connections, whatever will be spoken on them", arguments: [["h2"], ["http/1.1"], []])
    func connections(protocols: [String]) async throws {
        try await Self.run(configure: { $0.connectionLimits.connectionsPerAddress = 2 }) { live, client in
            let answer = try await client.request("GET", "/v2/health/live")
            #expect(answer.status == "200")
            let tls = try TestCertificates.client(withCertificate: false, protocols: protocols)
            let second = try await TLSClient.connect(port: live.port, tls: tls)
            await #expect(throws: (any Error).self) { try await TLSClient.connect(port: live.port, tls: tls) }
            await second.close()
            let another = try await eventually { try await TLSClient.connect(port: live.port, tls: tls) }
            await another.close()
        }
    }

    private func eventually<Value>(_ body: () async throws -> Value) async throws -> Value {
        for _ in 0..<100 {
            if let value = try? await body() { return value }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await body()
    }

    @Test("tells the gate whose certificate it was")
    func certificate() async throws {
        let gate = CertificateGate()
        try await Self.run(asking: gate, isMutual: true) { _, client in
            _ = try await client.request("POST", "/v2/models/echo/infer", Self.raw, body: "x")
            _ = try await client.request("GET", "/v2")
        }
        #expect(gate.seen == [TestCertificates.clientNames, TestCertificates.clientNames])
    }

    @Test("answers what is in flight when the server ends, and takes no more")
    func shutdown() async throws {
        try await Self.run { live, client in
            let held = Task { try await client.request("POST", "/v2/models/held/infer", Self.raw, body: "late") }
            #expect(await LiveServer.eventually { live.service.held.requests.count == 1 })
            await live.shutDown()
            try await Task.sleep(for: .milliseconds(200))
            live.service.held.answerAll()
            let late = try await held.value
            #expect(late.body.hasSuffix("late"))
            #expect(await LiveServer.eventually { client.isClosed })
        }
    }
}

@Suite("The head of a stream") struct StreamHeadTests {
    private let limits = ConnectionLimits(profile: .secure)

    @Test("has the fields that HTTP/1 would have", arguments: [false, true])
    func fields(hasBody: Bool) throws {
        let block: HPACKHeaders = [":method": "POST", ":path": "/a?b", ":authority": "h:1", "x": "y"]
        let head = try StreamHead.request(block, hasBody: hasBody, limits: limits)
        #expect(head.method == .POST && head.uri == "/a?b" && head.version == .http1_1)
        #expect(head.headers["host"] == ["h:1"] && head.headers["x"] == ["y"])
        #expect(head.headers["transfer-encoding"] == (hasBody ? ["chunked"] : []))
        #expect(head.isKeepAlive)
    }

    @Test("says nothing of chunks where a length is declared")
    func length() throws {
        let block: HPACKHeaders = [":method": "POST", ":path": "/", ":authority": "h", "content-length": "3"]
        let head = try StreamHead.request(block, hasBody: true, limits: limits)
        #expect(head.headers["transfer-encoding"] == [] && head.headers["content-length"] == ["3"])
    }
}
