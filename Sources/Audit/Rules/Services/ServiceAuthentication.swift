// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceAuthentication = Rule(
        id: "BKL-S009",
        title: "Service asks nobody for a key",
        severity: .warning,
        why:
            "Anybody who reaches the port uses the models, and pays nothing for it: BentoML has no "
            + "authentication of its own.",
        mend:
            "svc.add_asgi_middleware(AuthMiddleware), with keys that must be set and are compared in constant "
            + "time; or Buckler's keys.",
        references: [
            .cwe(306), .owasp("A01:2025"), .owasp("A07:2025"),
            .sheet("BentoML: Implement API Authentication and Rate Limiting"),
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
        ],
        good: [
            .file(
                "service.py",
                """
                svc = bentoml.Service("secure_api", runners=[runner])
                svc.add_asgi_middleware(AuthMiddleware)
                """
            ),
            .file("train.py", "import bentoml\nbentoml.onnx.save_model('a', model)\n"),
        ],
        checks: [
            .project { project, findings in
                let guards = ServiceGuards(project)
                // Said once: what guards one service of a project is meant to guard them all.
                guard let service = guards.services.first, !guards.hasAuthentication else { return }
                findings.add(
                    service.place,
                    "service \(Printed.quoted(service.name)) has no authentication that can be seen here"
                )
            }
        ]
    )
}
