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
            .model("extra.bin", ExampleBytes.gzip(ExampleBytes.text("cat\n")))
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .bytes("dist/notes.gz", ExampleBytes.gzip(ExampleBytes.text("cat\n"))),
        ],
        checks: [.problems(.archive, where: { $0.isInModelDirectory })]
    )
}
