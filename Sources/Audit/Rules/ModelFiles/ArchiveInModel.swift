// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let archiveInModel = Rule(
        id: "BKL-M003",
        title: "Archive among models",
        severity: .error,
        why: """
            What an archive holds is seen by nobody until something unpacks it, perhaps to a place outside \
            the model, or to more than the disk holds.
            """,
        mend: "Unpack it, look at what it holds, and keep only the files that the model needs.",
        references: [.cwe(409), .cwe(22), .owaspLLM("LLM03")],
        bad: [
            .model("extra.7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, 0, 4] + [UInt8](repeating: 0, count: 24)),
            .bytes("dist/notes.xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0] + [UInt8](repeating: 1, count: 24)),
            .model("data.bin", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0] + [UInt8](repeating: 1, count: 24)),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .file("dist/notes.txt", "7z\n"),
        ],
        checks: [
            .problems(
                .archive,
                weaker: { $0.isInModelDirectory ? nil : .warning },
                where: { $0.isInModelDirectory || cannotBeOpened.contains($0.inspection.format) }
            )
        ]
    )

    /// Archives that nobody here looks into, wherever they lie.
    private static let cannotBeOpened: Set<FileFormat> = [
        .bzip2, .xz, .lzma, .zstd, .lz4, .sevenZip, .rar, .cabinet,
    ]
}
