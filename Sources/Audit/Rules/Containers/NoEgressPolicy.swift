// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadNoEgressPolicy = Rule(
        id: "BKL-D062",
        title: "Network policies say nothing of what goes out",
        severity: .note,
        why: """
            A policy that is only about who may call leaves its pods free to call everywhere: whoever breaks in fetches tools \
            and sends data away.
            """,
        mend: "Write Egress into `policyTypes`, with rules for what the pods need: names, and what they call.",
        references: [
            .cwe(284), .cwe(923), .kubeLinter("non-isolated-pod"), .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [
            policies("spec: {podSelector: {}, policyTypes: [Ingress]}"),
            policies("spec: {podSelector: {}, ingress: []}"),
            policies("{}"),
        ],
        good: [
            policies("spec: {podSelector: {}, policyTypes: [Ingress, Egress]}"),
            policies("spec: {podSelector: {}, policyTypes: [Ingress]}", "spec: {podSelector: {}, egress: []}"),
            .file(
                "calico.yaml",
                "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {types: [Egress]}\n"
            ),
            .pod("restartPolicy: Always"),
        ],
        checks: [
            .project { project, findings in
                let policies = project.workloads.filter { $0.networkPolicy != nil }
                // Those of other makers, which may say it, are not read.
                let others = project.workloads.contains {
                    $0.kind.hasSuffix("NetworkPolicy") && $0.networkPolicy == nil
                }
                guard let first = policies.first, !others, !policies.contains(where: isAboutEgress) else { return }
                findings.add(
                    first.place,
                    "\(first.described) restricts who may call its pods, and nothing in these files whom they may call"
                )
            }
        ]
    )

    private static func policies(_ bodies: String...) -> RuleExample {
        let head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
        let texts = bodies.map { head + ($0 == "{}" ? "" : $0 + "\n") }
        return .file("policies.yaml", texts.joined(separator: "---\n"))
    }

    /// Rules that `policyTypes` leaves out are a finding of their own.
    private static func isAboutEgress(_ workload: Workload) -> Bool {
        guard let policy = workload.networkPolicy else { return false }
        return policy.directions.contains(.egress) || policy.rules.contains { $0.direction == .egress }
    }
}
