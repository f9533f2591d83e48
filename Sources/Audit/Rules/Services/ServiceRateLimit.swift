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
            .file(
                "service.py",
                """
                @svc.api(input=JSON(), output=JSON())
                async def predict(data: dict):
                    return await runner.run(data)
                """
            ),
            .file(
                "service.py",
                "import bentoml\n@bentoml.service\nclass Iris:\n    @bentoml.api\n"
                    + "    def predict(self, x: int): return x\n"
            ),
            .file("service.py", "svc.add_asgi_middleware(RateLimitMiddleware, requests_per_minute=1_000_000)\n"),
        ],
        good: [
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
            .project { project, findings in
                let guards = ServiceGuards(project)
                // Said once: what guards one service of a project is meant to guard them all.
                guard let service = guards.services.first, !guards.hasRateLimit else { return }
                findings.add(
                    service.place,
                    "service \(Printed.quoted(service.name)) has no rate limit that can be seen here"
                )
            },
            .python { module, findings in
                for call in module.calls {
                    guard
                        let limit = call.arguments.lazy.compactMap(requestsInSecond).first(where: { $0 > mostInSecond })
                    else { continue }
                    let message = "a limit of \(Int(limit)) requests a second from one client is hardly one"
                    findings.add(call.place, message)
                }
            },
        ]
    )

    /// Of one client, which is a person or a program that waits for answers.
    private static let mostInSecond = 100.0

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
