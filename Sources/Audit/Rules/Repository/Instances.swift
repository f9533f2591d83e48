// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    /// Instances of one model that nobody has to explain.
    static let usualInstances = 32

    static let manyInstances = Rule(
        id: "BKL-R011",
        title: "Very many instances of one model",
        severity: .error,
        why: """
            Each instance takes memory, and on a GPU a copy of the weights and a context: one model's configuration takes \
            what all others need.
            """,
        mend: "Set instance_group.count to what was measured to help; 1 or 2 for each device is usual.",
        references: [.cwe(400), .cwe(770), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .config("instance_group [ { count: 100 kind: KIND_GPU gpus: [0] } ]"),
            .config("instance_group [ { count: 17 kind: KIND_GPU gpus: [0, 1] } ]"),
        ],
        good: [.config("instance_group [ { count: 2 kind: KIND_GPU gpus: [0] } ]"), .config("")],
        checks: [
            .modelConfig { file, findings in
                for (index, group) in file.config.instanceGroup.enumerated() {
                    let devices = max(1, group.gpus.count)
                    let (count, overflow) = Int(group.count).multipliedReportingOverflow(by: devices)
                    guard overflow || count > usualInstances else { continue }
                    findings.add(
                        file.place("instance_group[\(index)].count"),
                        "model \(Printed.quoted(file.modelName)) asks for \(overflow ? .max : count) instances"
                    )
                }
            }
        ]
    )

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
