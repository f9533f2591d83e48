// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pickleInModelFile = Rule(
        id: "BKL-M001",
        title: "Model file is a pickle",
        severity: .error,
        why: """
            A pickle is a program: whoever wrote the file runs any code in the process that loads it. \
            Scanners that list bad imports have been passed again and again, so there is no harmless pickle. \
            PyTorch's .pt, .pth and .bin files and TorchScript archives are pickles in a zip.
            """,
        mend: "Convert the model to ONNX or safetensors where its weights are trusted, and serve that.",
        references: [
            .cwe(502), .owaspLLM("LLM05"), .cve("CVE-2025-32434"), .sheet("BentoML: Secure Bento Building and Signing"),
            .sheet("Triton: Secure Model Repository Configuration"),
        ],
        bad: [
            .bytes("store/weights.pkl", ExampleBytes.pickle),
            .model("model.onnx", ExampleBytes.pickle),
            .bytes("store/notes.pkl", ExampleBytes.text("nothing that we take for a pickle\n")),
            .model(
                "weights.bin",
                [0x80, 4] + [0x8C, 2] + ExampleBytes.text("os") + [0x8C, 6] + ExampleBytes.text("system") + [
                    0x93, 0x8C, 2,
                ] + ExampleBytes.text("id") + [0x85, 0x52, 0x2E]
            ),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model("labels.txt", "cat\ndog\nbird\n"),
            .model("empty.pkl", ""),
            .model("model.safetensors", ExampleBytes.goodSafetensors),
        ],
        checks: [
            .problems(
                .pickle,
                where: {
                    !$0.isTensorData || !$0.inspection.pickles.isEmpty || FileName.isPickleCarrier($0.path)
                }
            )
        ]
    )
}
