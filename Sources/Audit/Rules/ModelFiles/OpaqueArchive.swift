// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let opaqueArchive = Rule(
        id: "BKL-M020",
        title: "Packed data that cannot be looked into",
        severity: .error,
        why: """
            joblib and pandas unpack such files themselves and load what is in them: a pickle passes every check in a \
            form that the checks cannot open.
            """,
        mend: "Unpack it; weights belong in ONNX or safetensors, other data in gzip at most.",
        references: [.cwe(502), .cwe(409), .owaspLLM("LLM03")],
        bad: [
            .model("extra.7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4] + [UInt8](repeating: 0, count: 24)),
            .bytes("dist/notes.xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0] + [UInt8](repeating: 1, count: 24)),
            .model("data.bin", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0] + [UInt8](repeating: 1, count: 24)),
            .model("w.bin", (0..<6).reduce(ExampleBytes.pickle) { packed, _ in ExampleBytes.gzip(packed) }),
        ],
        good: [
            .model("extra.bin", ExampleBytes.gzip(ExampleBytes.text("cat\n"))),
            .file("dist/notes.txt", "7z\n"),
        ],
        checks: [.problems(.opaque, weaker: { $0.isInModelDirectory ? nil : .warning })]
    )
}
