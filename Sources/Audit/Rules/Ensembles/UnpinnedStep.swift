// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let unpinnedStep = Rule(
        id: "BKL-E001",
        title: "Ensemble takes the latest version of a model",
        severity: .warning,
        why: """
            A step with model_version -1 changes whenever its model gets a new version: the pipeline that was tested is \
            not the one that runs, and whoever publishes the part changes the whole.
            """,
        mend: "Pin each step: model_version: 1.",
        references: [.cwe(829), .owaspLLM("LLM04"), .sheet("Triton: Validate Ensemble Pipeline Security")],
        bad: [.ensemble(of: ["a", "b"], version: -1)],
        good: [.ensemble(of: ["a", "b"], version: 1)],
        checks: [
            .modelConfig { file, findings in
                for (index, step) in (file.ensemble?.step ?? []).enumerated() where step.modelVersion == -1 {
                    findings.add(
                        file.place("ensemble_scheduling.step[\(index)].model_version"),
                        "step \(index) of ensemble \(Printed.quoted(file.modelName)) takes whatever version of model"
                            + " \(Printed.quoted(step.modelName)) is the latest"
                    )
                }
            }
        ]
    )
}
