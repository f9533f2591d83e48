// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let graphFileOperation = Rule(
        id: "BKL-M011",
        title: "Graph reads or writes files, or runs Python",
        severity: .error,
        why: """
            TensorFlow's graphs can open any file of the server and call Python; a model with such an \
            operation reads secrets or leaves code behind the first time it is run.
            """,
        mend: "Remove the operation and export the model again, or convert it to ONNX.",
        references: [.cwe(73), .cwe(94), .owaspLLM("LLM05")],
        bad: [
            .model("model.savedmodel/saved_model.pb", ExampleBytes.savedModel("ReadFile")),
            .bytes("m/saved_model.pb", ExampleBytes.savedModel("EagerPyFunc")),
        ],
        good: [
            .model("model.savedmodel/saved_model.pb", ExampleBytes.savedModel("MatMul"))
        ],
        checks: [.problems(.fileOperation)]
    )
}
