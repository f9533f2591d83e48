// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let polyglotFile = Rule(
        id: "BKL-M019",
        title: "File is two things at once",
        severity: .error,
        why: """
            A file that one reader takes for a model and another for an archive or a pickle passes the check \
            of the first and is loaded by the second.
            """,
        mend: "Write the file again with the format's own tool; find out who joined the two.",
        references: [.cwe(434), .cwe(436), .cwe(506)],
        bad: [
            .bytes("data/a.npy", ExampleBytes.npy("<f4", count: 1, [0, 0, 0, 0] + ExampleBytes.pickle))
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .bytes("data/a.npy", ExampleBytes.npy("<f4", count: 1, [0, 0, 0, 0])),
        ],
        checks: [
            .problems(
                .polyglot,
                where: { $0.isInModelDirectory || ![.elf, .pe, .machO, .script, .text].contains($0.inspection.format) }
            )
        ]
    )
}
