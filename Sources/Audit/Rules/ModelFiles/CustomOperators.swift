// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let customOperators = Rule(
        id: "BKL-M008",
        title: "Model needs operators of a library",
        severity: .warning,
        why: """
            Operators outside the engine's own come from a native library that has to be loaded into the \
            server; whoever provides it runs code there.
            """,
        mend: "Export the model with standard operators, or review and install the library with the server.",
        references: [.cwe(829), .owaspLLM("LLM03")],
        bad: [
            .model("model.onnx", ExampleBytes.onnx(node: ExampleBytes.field(7, "com.example.ops")))
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model("model.onnx", ExampleBytes.onnx(node: ExampleBytes.field(7, "com.microsoft"))),
        ],
        checks: [.problems(.customDomain)]
    )
}
