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
            .bareLegacyService, .bareService, .gatedService(answering: [429]),
            .gatedService(answering: [401, 429], ""),
            .file(
                "service.py",
                """
                first = bentoml.Service("first", runners=[runner])
                first.add_asgi_middleware(AuthMiddleware)
                second = bentoml.Service("second", runners=[runner])
                """
            ),
            .files([
                "a.py": "import bentoml\n@bentoml.service\nclass A: ...\nA.add_asgi_middleware(AuthMiddleware)\n",
                "b.py": "import bentoml\n@bentoml.service\nclass B: ...\n",
            ]),
        ],
        good: [
            .gatedService(answering: [401, 429]), .gatedService(answering: [401], "app.add_middleware(Gate)"),
            .file(
                "service.py",
                """
                svc = bentoml.Service("secure_api", runners=[runner])
                svc.add_asgi_middleware(AuthMiddleware)
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.service
                class Inner: ...
                @bentoml.service
                class Outer:
                    inner = bentoml.depends(Inner)
                Outer.add_asgi_middleware(AuthMiddleware)
                """
            ),
            .files([
                "a.py": "import bentoml\n@bentoml.service\nclass A: ...\n",
                "app.py": "from a import A\nA.add_asgi_middleware(AuthMiddleware)\n",
            ]),
            .file("train.py", "import bentoml\nbentoml.onnx.save_model('a', model)\n"),
        ],
        checks: [
            .missingGuard(\.hasAuthentication, "has no authentication")
        ]
    )
}
