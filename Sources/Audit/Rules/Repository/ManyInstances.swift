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
            .config("instance_group [ \((0..<3).map { "{ count: 16 gpus: [\($0)] }" }.joined(separator: ", ")) ]"),
        ],
        good: [
            .config("instance_group [ { count: 4 gpus: [0] }, { count: 4 gpus: [1] }, { count: 8 kind: KIND_CPU } ]"),
            .config("instance_group [ { count: 2 kind: KIND_GPU gpus: [0] } ]"), .config(""),
        ],
        checks: [
            .modelConfig { file, findings in
                let counts = file.config.instanceGroup.map(instances)
                let asks = "model \(Printed.quoted(file.modelName)) asks for"
                for (index, count) in counts.enumerated() where count > usualInstances {
                    findings.add(file.place("instance_group[\(index)].count"), "\(asks) \(count) instances")
                }
                let sum = counts.reduce(0, saturatingSum)
                guard sum > usualInstances, counts.allSatisfy({ $0 <= usualInstances }) else { return }
                findings.add(file.place("instance_group"), "\(asks) \(sum) instances in \(counts.count) groups")
            }
        ]
    )

    /// Of one group; without a count it has one for each device.
    private static func instances(_ group: Inference_ModelInstanceGroup) -> Int {
        let (count, overflow) = max(1, Int(group.count)).multipliedReportingOverflow(by: max(1, group.gpus.count))
        return overflow ? .max : count
    }

    private static func saturatingSum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
