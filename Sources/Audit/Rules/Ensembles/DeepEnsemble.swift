// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    /// Executions that one request to an ensemble may set off.
    static let usualExecutions = 64

    static let deepEnsemble = Rule(
        id: "BKL-E004",
        title: "One request sets off very many executions",
        severity: .warning,
        why:
            "Ensembles of ensembles multiply: a cheap request becomes hundreds of executions, and a few of them an outage.",
        mend: "Flatten the pipeline, or bound who may call it: --model-limit.",
        references: [.cwe(400), .cwe(405), .sheet("Triton: Validate Ensemble Pipeline Security")],
        bad: [
            .ensembles([
                "a": Array(repeating: "b", count: 5), "b": Array(repeating: "c", count: 5),
                "c": Array(repeating: "d", count: 5),
            ])
        ],
        good: [.ensembles(["a": ["b", "c"], "b": ["c"]])],
        checks: [
            .project { project, findings in
                let configs = project.modelDirectories.compactMap(\.config)
                let graph = EnsembleDependencies(configs)
                for config in configs where config.ensemble != nil && graph.circle(through: config.modelName) == nil {
                    let count = graph.executions(of: config.modelName)
                    guard count > usualExecutions else { continue }
                    findings.add(
                        config.place("ensemble_scheduling"),
                        "one request to ensemble \(Printed.quoted(config.modelName)) sets off"
                            + " \(count == .max ? "more executions than can be counted" : "\(count) executions")"
                    )
                }
            }
        ]
    )
}
