// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoPickledModel = Rule(
        id: "BKL-B019",
        title: "A model is saved as a pickle",
        severity: .warning,
        why: "Whoever can change the saved model runs code in every server that loads it.",
        mend: "Save it as ONNX (bentoml.onnx.save_model) or by the framework's own format without pickles.",
        references: [.cwe(502), .owaspLLM("LLM05"), .sheet("BentoML: Secure Bento Building and Signing")],
        bad: [
            .file("a.py", "import bentoml\nbentoml.picklable_model.save_model('a', model)\n"),
            .file(
                "b.py",
                "import bentoml, helpers\nbentoml.pytorch.save_model('a', model, external_modules=[helpers])\n"
            ),
        ],
        good: [
            .file("a.py", "import bentoml\nbentoml.onnx.save_model('a', model)\n"),
            .file("b.py", "import bentoml\nbentoml.pytorch.save_model('a', model, external_modules=[])\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where call.name.hasPrefix("bentoml.") && call.method == "save_model" {
                    if call.name == "bentoml.picklable_model.save_model" {
                        findings.add(call.place, "\(call.printedName) keeps the model as a pickle")
                    } else if let modules = call.argument("external_modules"), !modules.items.isEmpty {
                        findings.add(call.place, "\(call.printedName) keeps code beside the model ('external_modules')")
                    }
                }
            }
        ]
    )
}
