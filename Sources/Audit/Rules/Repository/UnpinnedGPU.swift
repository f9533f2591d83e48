// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let unpinnedGPU = Rule(
        id: "BKL-R012",
        title: "Model takes any GPU",
        severity: .warning,
        why: """
            Without 'gpus' an instance is made on every GPU that the server sees: tenants share devices and their memory, \
            and one model's load decides what is left for the others.
            """,
        mend: "Name the devices: instance_group [ { kind: KIND_GPU gpus: [ 0 ] } ].",
        references: [.cwe(400), .cwe(770), .sheet("Triton: Enforce GPU and Memory Isolation")],
        bad: [.config("instance_group [ { kind: KIND_GPU } ]")],
        good: [
            .config("instance_group [ { kind: KIND_GPU gpus: [0] } ]"),
            .config("instance_group [ { kind: KIND_CPU } ]"),
        ],
        checks: [
            .modelConfig { file, findings in
                for (index, group) in file.config.instanceGroup.enumerated()
                where group.kind == .gpu && group.gpus.isEmpty {
                    findings.add(
                        file.place("instance_group[\(index)].kind"),
                        "model \(Printed.quoted(file.modelName)) has KIND_GPU without 'gpus': it uses every GPU there is"
                    )
                }
            }
        ]
    )
}
