// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let missingConfiguration = Rule(
        id: "BKL-R002",
        title: "Model has no config.pbtxt",
        severity: .warning,
        why: """
            Without one, the model file itself decides about its inputs, shapes and batch size, and whoever replaces the \
            file decides anew: nobody has said what may be sent to it.
            """,
        mend: "Write down what the server fills in: 'buckler check --print-config MODEL-DIR' prints it.",
        references: [.cwe(1188), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [.file("models/m/1/model.onnx", "")],
        good: [.config("", and: ["models/m/1/model.onnx": ""])],
        checks: [
            .modelDirectory { model, findings in
                guard !model.hasConfigFile, model.config == nil else { return }
                let place = Place(model.path.isEmpty ? "." : model.path)
                findings.add(
                    place,
                    "model \(Printed.quoted(model.name)) has no config.pbtxt: its own file says what it takes"
                )
            }
        ]
    )
}
