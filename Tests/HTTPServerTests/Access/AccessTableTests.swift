// SPDX-License-Identifier: Apache-2.0
import HTTPServer
import Inference
import TestSupport
import Testing
import Transport

/// Every route, method and credential against a real gate: the answer follows from the one table of endpoints.
@Suite("Access over HTTP, from the table") struct AccessTableTests {
    @Test("covers everything that can be asked over HTTP")
    func coverage() {
        let methods: [RouteTable.Method?] = [.get, .post, nil]
        let asked = AccessRequest.paths.compactMap { RouteTable.match($0) }
            .flatMap { route in methods.map { RouteTable.endpoint(of: route, $0) } }
        let elsewhere: Set<Endpoint> = [
            .health, .serviceHealth, .healthWatch, .reflection, .streamInfer, .metrics, .unknown,
        ]
        #expect(Set(asked).union(elsewhere) == Set(Endpoint.allCases))
        #expect(elsewhere.isDisjoint(with: asked))
    }

    @Test("is followed by each method of each path, body in chunks or not", arguments: [false, true])
    func everyRoute(recognises: Bool) async throws {
        let callers = try TestCallers(visible: "echo")
        // The recogniser takes infer paths only; the others are asked for once.
        let paths = AccessRequest.paths.filter { recognises || $0.hasSuffix("/infer") }
        try await LiveServer.run(recognises: recognises, asking: callers.gate) { live in
            for path in paths {
                for method in AccessRequest.methods {
                    let isUsed = method == "GET" || method == "POST"
                    let shown =
                        isUsed
                        ? callers.shown
                        : ["none", "wrong secret", "all", "elsewhere"].map {
                            callers.shown($0)
                        }
                    try await check(
                        shown.map { AccessRequest(method: method, target: path, credential: $0) },
                        port: live.port
                    )
                }
                // A refused body without a length ends its connection.
                for credential in callers.shown {
                    let request = AccessRequest(method: "POST", target: path, credential: credential, isChunked: true)
                    try await check([request], port: live.port, "in chunks")
                }
            }
            #expect(await LiveServer.eventually { callers.holdsNothing })
        }
    }

    @Test("comes before a restricted API says so")
    func restrictedAPIs() async throws {
        let apis = try RestrictedAPIs(.http, groups: ["inference,model-config:Admin=s3"])
        let callers = try TestCallers(visible: "echo")
        try await LiveServer.run(
            recognises: true,
            asking: callers.gate,
            configure: { $0.restrictedAPIs = apis }
        ) { live in
            let client = try RawClient(port: live.port)
            for (method, path) in [
                ("POST", "/v2/models/echo/infer"), ("POST", "/v2/models/echo/generate"),
                ("GET", "/v2/models/echo/config"),
            ] {
                for (credential, status) in [("none", 401), ("wrong secret", 401), ("all", 403)] {
                    let shown = callers.shown(credential)
                    client.send(AccessRequest(method: method, target: path, credential: shown).text)
                    #expect(try await client.answer().status == status, "\(path) with \(credential)")
                }
            }
            #expect(await LiveServer.eventually { callers.holdsNothing })
        }
    }

    @Test("opens four paths and no other", arguments: AccessRequest.methods)
    func openPaths(method: String) async throws {
        let open = ["/v2/health/live", "/v2/health/ready", "/livez", "/readyz"]
        let callers = try TestCallers(visible: "echo")
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            for path in AccessRequest.paths {
                let client = try RawClient(port: live.port)
                client.send(AccessRequest(method: method, target: path, credential: callers.shown("none")).text)
                let status = try await client.answer().status
                #expect((status == 401) == !open.contains(path), "\(method) \(path): \(status)")
            }
        }
    }

    private static func disguises(of path: String) -> [String] {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let (head, tail) = (path[..<slash], path[path.index(after: slash)...])
        return [
            path + "/", "/" + path, "\(head)//\(tail)", "\(head)%2f\(tail)", "\(head)%2F\(tail)", "\(head)/./\(tail)",
            "\(head)/%2e/\(tail)", "\(head)/x/../\(tail)", "\(head)/x/%2e%2e/\(tail)", "/v2/health/live/..\(path)",
            "/v2/health/live/../..\(path)", "/v2/health/live%2f..%2f..\(path)", path.uppercased(), path + ";x=y",
            path + "%00", path + "%20", path + "%3f", "http://h\(path)", "https://user@h\(path)", "//h\(path)",
            "\(head)\\\(tail)", path + "/..", path + ".json", "\(path)?api_key=x", "\(path)?/../v2/health/live",
        ]
    }

    @Test("CVE-2026-24206, CVE-2026-24207, CVE-2026-47481: no other way to write a path gets past it")
    func disguisedPaths() async throws {
        let callers = try TestCallers(visible: "echo")
        let shown = ["none", "wrong secret", "all", "elsewhere"].map { callers.shown($0) }
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            for path in AccessRequest.paths {
                // What does not begin as a path does is no HTTP, and is answered 400 at the end of its connection.
                for target in Self.disguises(of: path) where target.hasPrefix("/") || target.hasPrefix("http") {
                    let requests = shown.flatMap { credential in
                        ["GET", "POST"].map {
                            AccessRequest(method: $0, target: target, credential: credential)
                        }
                    }
                    try await check(requests, port: live.port)
                }
            }
        }
    }

    /// A disguise is no path at all, unless it is a query, or a name of a model that happens to be odd.
    @Test func aDisguisedPathIsAnotherOne() {
        for path in AccessRequest.paths {
            for target in Self.disguises(of: path) where !target.contains("?") && !target.hasPrefix("http") {
                let plain = RouteTable.match(path)
                #expect(RouteTable.match(target) == nil || RouteTable.match(target) != plain, "\(target)")
            }
        }
    }

    @Test(
        "issue vllm#58144: an alias of another server is not one of ours",
        arguments: [
            "/invocations", "/ping", "/v1/models/echo:predict", "/predict", "/v2/models/echo/versions/1/explain",
            "/docs",
            "/docs.json", "/schema.json", "/openapi.json", "/healthz", "/server-status", "/debug/pprof", "/static/x",
        ]
    )
    func aliases(path: String) async throws {
        let callers = try TestCallers(visible: "echo")
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            let requests = AccessRequest.methods.flatMap { method in
                ["none", "all"].map { AccessRequest(method: method, target: path, credential: callers.shown($0)) }
            }
            #expect(requests.allSatisfy { $0.endpoint == .unknown })
            try await check(requests, port: live.port)
        }
    }

    @Test("each request of a connection is judged by its own credential", arguments: [false, true])
    func pipelined(recognises: Bool) async throws {
        let callers = try TestCallers(visible: "echo")
        try await LiveServer.run(recognises: recognises, asking: callers.gate) { live in
            let client = try RawClient(port: live.port)
            let order = ["all", "none", "here", "elsewhere", "metadata", "infer", "two keys", "all as key", "none"]
            client.send(order.map { inferRequest("echo", body: "x", headers: callers.shown($0).lines) }.joined())
            var statuses: [Int] = []
            for _ in order { statuses.append(try await client.answer().status) }
            #expect(statuses == [200, 401, 200, 404, 403, 200, 401, 200, 401])
        }
    }

    @Test("the metrics port is no other way in")
    func metricsPort() async throws {
        let callers = try TestCallers(visible: "echo")
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            for path in ["/metrics", "/metrics/", "//metrics", "/", "/v2", "/v2/health/live", "/v2/models/echo/infer"] {
                for method in AccessRequest.methods {
                    let isPage = path == "/metrics"
                    let client = try RawClient(port: live.metricsPort)
                    for credential in callers.shown {
                        client.send(AccessRequest(method: method, target: path, credential: credential).text)
                        let status = try await client.answer().status
                        let verdict = Verdict(isPage ? .metrics : .unknown, for: credential.grant)
                        let expected =
                            switch verdict {
                            case .unauthenticated: 401
                            case .forbidden: 403
                            default: isPage && method != "GET" ? 405 : 200
                            }
                        #expect(status == expected, "\(method) \(path) with \(credential)")
                    }
                }
            }
        }
    }

    @Test(
        "a body that is too large is told to those only who may send one",
        arguments: [
            "/v2/models/echo/infer", "/v2/models/echo/generate", "/v2/repository/index",
            "/v2/repository/models/echo/load",
        ]
    )
    func oversizedBodies(path: String) async throws {
        let callers = try TestCallers(visible: "echo")
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            for (credential, status) in [("none", 401), ("wrong secret", 401), ("metrics", 403), ("all", nil)] {
                let client = try RawClient(port: live.port)
                client.send(
                    "POST \(path) HTTP/1.1\r\nHost: h\r\n\(callers.shown(credential).lines)"
                        + "Content-Length: 999999999999\r\n\r\n"
                )
                let found = try await client.answer().status
                #expect(status.map { $0 == found } ?? [400, 413].contains(found), "\(credential): \(found)")
            }
            #expect(await LiveServer.eventually { callers.holdsNothing })
        }
    }

    @Test("a model out of reach is answered as one that there is not")
    func hiddenModels() async throws {
        let callers = try TestCallers(visible: "echo")
        try await LiveServer.run(recognises: true, asking: callers.gate) { live in
            let client = try RawClient(port: live.port)
            client.send(inferRequest("echo", body: "x", headers: callers.shown("elsewhere").lines))
            let hidden = try await client.answer()
            client.send(inferRequest("elsewhere", body: "x", headers: callers.shown("elsewhere").lines))
            let missing = try await client.answer()
            #expect(hidden.text == missing.text.replacing("elsewhere", with: "echo"))
            #expect(
                hidden.headers.filter { $0.key != "content-length" }
                    == missing.headers.filter {
                        $0.key != "content-length"
                    }
            )
            #expect(hidden.status == 404 && missing.status == 404)
        }
    }
}
