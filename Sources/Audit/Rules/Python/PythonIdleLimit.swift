// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonIdleLimit = Rule(
        id: "BKL-P019",
        title: "A limit that limits nothing",
        severity: .note,
        why: "Whoever reads the source takes it for bounded; what clients send, or leave behind, is not.",
        mend:
            "Compare with the limit where the thing is taken in, and refuse what is beyond it; or take the limit out.",
        references: [.cwe(770), .cwe(1164), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .file(
                "model.py",
                """
                class TritonPythonModel:
                    def initialize(self, args):
                        self.max_length = 512
                    def execute(self, requests):
                        return [self.answer(request) for request in requests]
                """
            ),
            .file(
                "service.py",
                service("MAX_ITEMS = 1000", "return {}")
            ),
            .file(
                "service.py",
                service("MAX_SEEN = 0\nseen = []", "while len(seen) > MAX_SEEN:\n        seen.pop()\n    return {}")
            ),
        ],
        good: [
            .file(
                "service.py",
                service("MAX_ITEMS = 1000", "if len(data) > MAX_ITEMS:\n        raise ValueError\n    return {}")
            ),
            .file("service.py", service("MAX_RETRIES = 0", "return send(data, retries=MAX_RETRIES)")),
            .file("limits.py", "MAX_ITEMS = 1000\n"),
            .file(
                "model.py",
                """
                class TritonPythonModel(Base):
                    def initialize(self, args):
                        self.max_length = 512
                    def execute(self, requests):
                        return [self.answer(request) for request in requests]
                """
            ),
        ],
        checks: [
            .python { module, findings in
                for limit in module.idleLimits {
                    let name = Printed.quoted(limit.name)
                    switch limit.fault {
                    case .idle: findings.add(limit.place, "\(name) is set, and nothing of this source looks at it")
                    case .zero:
                        findings.add(limit.place, "\(name) is 0: nothing is kept, or nothing let in, beneath it")
                    }
                }
            }
        ]
    )

    private static func service(_ head: String, _ body: String) -> String {
        "import bentoml\n\n\(head)\n\n@bentoml.api\ndef predict(data: list) -> dict:\n    \(body)\n"
    }
}
