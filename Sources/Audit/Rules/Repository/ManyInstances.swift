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
}
