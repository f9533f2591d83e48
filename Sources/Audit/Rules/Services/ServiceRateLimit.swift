// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceRateLimit = Rule(
        id: "BKL-S010",
        title: "Service takes any number of requests",
        severity: .warning,
        why: "One client takes all there is, or tries keys and inputs without end.",
        mend:
            "svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=100), by key and not by address; "
            + "or Buckler's limits.",
        references: [
            .cwe(770), .cwe(799), .owaspLLM("LLM10"), .sheet("BentoML: Implement API Authentication and Rate Limiting"),
        ],
        bad: [
            .bareLegacyService, .bareService, .gatedService(answering: [401]),
            .gatedService(answering: [401, 429], ""),
            .file("service.py", "svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=1_000_000)\n"),
            .file(
                "limits.py",
                """
                class Gate:
                    async def dispatch(self, request, call_next):
                        caller = request.headers.get("X-Forwarded-For", request.client.host)
                        self.counts[caller] = self.counts.get(caller, 0) + 1
                        if self.counts[caller] > 100:
                            return JSONResponse({}, status_code=429)
                        return await call_next(request)
                """
            ),
            .file(
                "limits.py",
                """
                from slowapi import Limiter
                def caller(request):
                    return request.headers["x-real-ip"]
                limiter = Limiter(key_func=caller)
                """
            ),
        ],
        good: [
            .file(
                "limits.py",
                """
                class Gate:
                    async def dispatch(self, request, call_next):
                        if self.is_over(request.state.key):
                            return JSONResponse({}, status_code=429)
                        return await call_next(request)
                def log(request):
                    print(request.headers.get("x-forwarded-for"))
                """
            ),
            .gatedService(answering: [401, 429]), .gatedService(answering: [429], "app.add_middleware(Gate)"),
            .file(
                "service.py",
                """
                svc = bentoml.Service("secure_api", runners=[runner])
                svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=100)
                """
            ),
            .file("train.py", "import bentoml\nbentoml.onnx.save_model('a', model)\n"),
        ],
        checks: [
            .missingGuard(\.hasRateLimit, "has no rate limit"),
            .python { module, findings in
                for call in module.calls {
                    guard
                        let limit = call.arguments.lazy.compactMap(requestsInSecond).first(where: { $0 > mostInSecond })
                    else { continue }
                    let message = "a limit of \(Int(limit)) requests a second from one client is hardly one"
                    findings.add(call.place, message)
                }
            },
            .python { module, findings in
                let limiting = limiting(module)
                for call in module.calls where limiting.contains(owner(call.function)) {
                    guard let header = forwarded(call) else { continue }
                    findings.add(
                        call.place,
                        "a limit goes by \(Printed.quoted(header)) as it was sent: who changes that with each request "
                            + "has none"
                    )
                }
            },
        ]
    )

    /// Of one client, which is a person or a program that waits for answers.
    private static let mostInSecond = 100.0

    /// Headers in which a proxy says for whom it asks, and anybody else can.
    private static let forwarding: Set<String> = [
        "x-forwarded-for", "x-real-ip", "forwarded", "x-client-ip", "true-client-ip", "cf-connecting-ip",
    ]

    private static func forwarded(_ call: PythonCall) -> String? {
        guard ["get", "getlist", "__getitem__"].contains(call.method), let name = call.first?.text else { return nil }
        return forwarding.contains(name.lowercased()) ? name : nil
    }

    /// Classes and functions that limit, and functions that these ask.
    private static func limiting(_ module: PythonModule) -> Set<Substring> {
        var names = Set(module.refusals.filter { $0.statuses.contains(429) }.map { $0.name[...] })
        for name in Set(module.calls.map { owner($0.function) }) where isLimiter(name) { names.insert(name) }
        var asked: Set<Substring> = []
        for call in module.calls {
            if names.contains(owner(call.function)) { asked.insert(call.method) }
            if let key = call.argument("key_func")?.name, isLimiter(call.method) { asked.insert(last(key)) }
        }
        return names.union(asked)
    }

    private static func isLimiter(_ name: Substring) -> Bool {
        let name = name.lowercased()
        return ["ratelimit", "rate_limit", "throttl", "limiter"].contains(where: name.contains)
    }

    private static func owner(_ function: String) -> Substring { function.prefix { $0 != "." } }

    private static func last(_ name: String) -> Substring { name.split(separator: ".").last ?? name[...] }

    private static func requestsInSecond(_ argument: PythonArgument) -> Double? {
        guard let number = argument.value.number.flatMap(Double.init), number.isFinite, number < 1e15 else {
            return nil
        }
        switch argument.keyword {
        case "requests_per_second", "calls_per_second": return number
        case "requests_per_minute", "calls_per_minute": return number / 60
        case "requests_per_hour", "calls_per_hour": return number / 3600
        default: return nil
        }
    }
}
