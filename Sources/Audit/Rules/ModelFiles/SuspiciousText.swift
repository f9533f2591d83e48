// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let suspiciousText = Rule(
        id: "BKL-M010",
        title: "Text in a model that no model needs",
        severity: .warning,
        why: """
            Commands, addresses and code in a model's attributes or descriptions are there for somebody: a \
            custom operator, a tool that prints them, or a script that evaluates them.
            """,
        mend: "Find out who reads the text; remove it if nobody should.",
        references: [.cwe(506), .owaspLLM("LLM03")],
        bad: [
            .model(
                "model.onnx",
                ExampleBytes.onnx(
                    node: ExampleBytes.field(
                        5,
                        ExampleBytes.field(1, "a") + ExampleBytes.field(4, "http://example.org/x")
                    )
                )
            ),
            .model("model.onnx", ExampleBytes.onnx(node: ExampleBytes.field(6, "__import__('os')"))),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model("model.onnx", ExampleBytes.onnx(node: ExampleBytes.field(6, "see https://example.org"))),
        ],
        checks: [.problems(.suspiciousText)]
    )
}
