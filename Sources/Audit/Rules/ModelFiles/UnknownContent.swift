// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let unknownContent = Rule(
        id: "BKL-M018",
        title: "File of unknown content in a version directory",
        severity: .error,
        why: """
            What no format explains cannot be said to be harmless: it may be loaded by a backend, and it is \
            what hides a payload best.
            """,
        mend: "Remove the file, or keep tensors in a format that says what they are.",
        references: [.cwe(434), .owaspLLM("LLM03")],
        bad: [
            .model("weights.bin", [0xFF, 0xFE, 0x00, 0x01, 0xFF, 0xFF, 0x12]),
            .model("model.dali", [0xFF, 0xFE, 0x00, 0x01, 0xFF, 0xFF, 0x12]),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model(
                "model.dali",
                ExampleBytes.field(1, 4) + ExampleBytes.field(2, 8)
                    + ExampleBytes.field(3, ExampleBytes.field(1, "Resize"))
            ),
            .model(
                "model.onnx",
                ExampleBytes.onnx(graph: ExampleBytes.external("absent.bin")),
                beside: ["weights.bin": [0xFF, 0xFE, 0x00, 0x01, 0xFF, 0xFF, 0x12]]
            ),
            .bytes("assets/logo.bin", [0xFF, 0xFE, 0x00, 0x01, 0xFF, 0xFF, 0x12]),
            .model(
                "model.onnx",
                ExampleBytes.onnx(graph: ExampleBytes.external("w.bin")),
                beside: ["w.bin": [0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE]]
            ),
        ],
        checks: [
            .problems(
                .unknownContent,
                // A wrong reference is told where it stands, and is an error there.
                where: { $0.isInVersionDirectory && !$0.isTensorData && !$0.mayBeTensorData }
            )
        ]
    )
}
