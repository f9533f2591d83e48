// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let nativeCodeInModel = Rule(
        id: "BKL-M002",
        title: "Native code among models",
        severity: .error,
        why: """
            A library or executable in a model repository is loaded into the server or started by a backend, \
            with all rights of the server. No check of its content says what it does.
            """,
        mend: """
            Install backends and custom operators with the server, from a source you trust; keep models to \
            data.
            """,
        references: [.cwe(114), .cwe(829), .owaspLLM("LLM03"), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .model("libtriton_custom.so", ExampleBytes.elf),
            .model("weights.bin", ExampleBytes.elf),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model("readme.txt", "ELF is a format"),
        ],
        checks: [.problems(.nativeCode, weaker: { $0.isInModelDirectory ? nil : .note })]
    )
}
