// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadNoNetworkPolicy = Rule(
        id: "BKL-D034",
        title: "No network policy",
        severity: .note,
        why:
            "Without one every pod of the cluster can call the server, and the server can call everywhere: also an attacker in it.",
        mend: "Add a NetworkPolicy that lets in the clients, and out what the server needs.",
        references: [
            .cwe(284), .kubeLinter("non-isolated-pod"), .trivy("KSV-0038"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [.pod("restartPolicy: Always")],
        good: [
            .file(
                "all.yaml",
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: a}
                spec:
                  containers:
                  - name: a
                ---
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {name: a}
                spec:
                  podSelector: {}
                """
            ),
            .service("image: triton:1.0"),
        ],
        checks: [
            .project { project, findings in
                let policies: Set<String> = [
                    "NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy",
                    "AdminNetworkPolicy", "AuthorizationPolicy",
                ]
                guard !project.workloads.contains(where: { policies.contains($0.kind) }) else { return }
                let serving = project.workloads.first { $0.wholePod != nil && !["Job", "CronJob"].contains($0.kind) }
                guard let serving else { return }
                findings.add(
                    serving.place,
                    "\(serving.described) runs where no NetworkPolicy is, as far as these files tell"
                )
            }
        ]
    )
}
