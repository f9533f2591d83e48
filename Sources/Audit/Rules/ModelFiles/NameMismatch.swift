// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let nameMismatch = Rule(
        id: "BKL-M006",
        title: "File is not what its name says",
        severity: .warning,
        why: """
            Scanners that choose by name look past a file that has another's; and whoever reads a list of \
            files is told the wrong thing.
            """,
        mend: "Give the file the name of its format, or find out why it has another.",
        references: [.cwe(434), .cve("CVE-2025-1889"), .cve("CVE-2025-10155")],
        bad: [
            .model("model.onnx", "not a model\n"),
            .model("labels.txt", ExampleBytes.elf),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model("labels.txt", "cat\ndog\n"),
        ],
        checks: [.problems(.nameMismatch, where: { $0.isInModelDirectory && !$0.isTensorData })]
    )
}
