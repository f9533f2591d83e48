// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let malformedModelFile = Rule(
        id: "BKL-M005",
        title: "Model file breaks the rules of its format",
        severity: .error,
        why: """
            Readers of model formats are written in C and have been broken by lengths, offsets and names \
            that contradict each other; and two readers that take a broken file differently let one of them \
            be shown something harmless.
            """,
        mend: "Write the file again with the format's own tool, from a source you trust.",
        references: [.cwe(20), .cwe(125), .cwe(787), .cve("CVE-2025-53630"), .cve("CVE-2025-1944")],
        bad: [
            .model(
                "model.safetensors",
                ExampleBytes.safetensors(
                    "{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
                    [UInt8](repeating: 0, count: 8)
                )
            ),
            .model("model.onnx", ExampleBytes.onnx() + [0x3B]),
            .bytes("a.npy", ExampleBytes.npy("<f4", count: 100, [0, 0, 0, 0])),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model("model.safetensors", ExampleBytes.goodSafetensors),
            .file("tsconfig.json", "{ \"a\": 1, }"),
        ],
        checks: [
            .problems(
                .malformed,
                where: {
                    ($0.isInModelDirectory || ![.json, .text, .tar, .zip, .gzip, .jar].contains($0.inspection.format))
                        && !$0.isTensorData
                }
            )
        ]
    )
}
