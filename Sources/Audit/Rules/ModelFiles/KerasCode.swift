// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let kerasCode = Rule(
        id: "BKL-M012",
        title: "Keras model carries or names code",
        severity: .error,
        why: """
            A Lambda layer is Python bytecode, and a Keras configuration names modules and functions that \
            loading imports and calls, which Keras' own safe mode has let through.
            """,
        mend: "Replace Lambda layers by layers of Keras, or convert the model to ONNX.",
        references: [.cwe(502), .cwe(94), .cve("CVE-2025-1550"), .owaspLLM("LLM05")],
        bad: [
            .model(
                "model.h5",
                HDF5Inspector.signature + ExampleBytes.text("{\"class_name\": \"Lambda\", \"config\": {}}")
            ),
            .model("config.json", "{\"class_name\": \"Functional\", \"module\": \"os\", \"config\": {}}"),
        ],
        good: [
            .model(
                "model.h5",
                HDF5Inspector.signature + ExampleBytes.text("{\"class_name\": \"Dense\", \"module\": \"keras.layers\"}")
            ),
            .model("config.json", "{\"class_name\": \"Functional\", \"module\": \"keras\", \"config\": {}}"),
            .model("config.json", "{\"class_name\": \"Greeter\", \"module\": \"app.main\"}"),
            .file("tsconfig.json", "{\"compilerOptions\": {\"module\": \"esnext\", \"target\": \"es5\"}}"),
        ],
        checks: [.problems(.kerasCode)]
    )
}
