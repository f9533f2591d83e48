// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let invalidConfiguration = Rule(
        id: "BKL-R001",
        title: "Model configuration cannot be loaded",
        severity: .error,
        why: """
            A server reads what the file says, not what its author meant. Where two readers differ about a malformed file, \
            what was reviewed is not what runs.
            """,
        mend: "Mend what the message names; 'buckler check MODEL-DIR' says what else a load would refuse.",
        references: [.cwe(20), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .config("instance_grup [ { count: 1 } ]"),
            .file("models/m/config.pbtxt", "name: \"other\"\nbackend: \"onnxruntime\"\n"),
            .config("ensemble_scheduling { step [ { model_name: \"a\" } ] }"),
        ],
        good: [.config(""), .file("models/m/config.pbtxt", "backend: \"onnxruntime\"\n")],
        checks: [
            .modelDirectory { model, findings in
                for problem in model.configProblems {
                    let message = Printed.cut(problem.value, limit: 400)
                    findings.add(problem.place, "the configuration of model \(Printed.quoted(model.name)): \(message)")
                }
                // Without a version it is as often an example's, to be copied to where it belongs.
                guard !model.hasVersion, let config = model.config, !model.name.isEmpty else { return }
                let name = config.config.name
                guard !name.isEmpty, name != model.name else { return }
                findings.add(
                    config.place("name"),
                    "the directory of model \(Printed.quoted(name)) must have its name, and a version, to be loaded",
                    weaker: .warning
                )
            }
        ]
    )
}
