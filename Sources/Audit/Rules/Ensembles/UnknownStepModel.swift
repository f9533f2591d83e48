// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let unknownStepModel = Rule(
        id: "BKL-E003",
        title: "Ensemble uses a model that is not in the repository",
        severity: .warning,
        why:
            "A name that nobody has taken is free for whoever writes to the repository first: he becomes a part of the pipeline.",
        mend: "Add the model, or correct the step's model_name.",
        references: [.cwe(829), .sheet("Triton: Validate Ensemble Pipeline Security")],
        bad: [
            .files([
                "models/e/config.pbtxt": """
                name: "e"
                platform: "ensemble"
                input [ { name: "T0" data_type: TYPE_FP32 dims: [ 4 ] } ]
                output [ { name: "T1" data_type: TYPE_FP32 dims: [ 4 ] } ]
                ensemble_scheduling {
                  step { model_name: "gone" model_version: 1
                    input_map { key: "x" value: "T0" } output_map { key: "y" value: "T1" } }
                }
                """,
                "models/other/config.pbtxt": "name: \"other\"\nbackend: \"onnxruntime\"\n",
            ])
        ],
        good: [.ensemble(of: ["a"], version: 1)],
        checks: [
            .project { project, findings in
                // With one model alone, what stands beside it is not known.
                guard project.modelDirectories.count > 1 else { return }
                let names = Set(project.modelDirectories.map(\.name))
                for config in project.modelDirectories.compactMap(\.config) {
                    for (index, step) in (config.ensemble?.step ?? []).enumerated()
                    where !names.contains(step.modelName) {
                        findings.add(
                            config.place("ensemble_scheduling.step[\(index)].model_name"),
                            "step \(index) of ensemble \(Printed.quoted(config.modelName)) needs model"
                                + " \(Printed.quoted(step.modelName)), which is not there"
                        )
                    }
                }
            }
        ]
    )
}
