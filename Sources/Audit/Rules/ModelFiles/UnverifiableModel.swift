// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let unverifiableModel = Rule(
        id: "BKL-M017",
        title: "Model of a format that cannot be checked",
        severity: .warning,
        why: """
            A TensorRT plan is native code for one kind of device, and some formats are read by their own \
            engine only: nothing but a signature says that the file is the one that was built.
            """,
        mend: "Sign the model and require the signature, or build the plan from ONNX where it is served.",
        references: [.cwe(345), .cwe(347), .owaspLLM("LLM03")],
        bad: [
            .model("model.plan", ExampleBytes.text("ftrt") + [UInt8](repeating: 0, count: 60))
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx())
        ],
        checks: [.problems(.unverifiable)]
    )
}
