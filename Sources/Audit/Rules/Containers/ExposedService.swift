// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadExposedService = Rule(
        id: "BKL-D035",
        title: "Service faces out",
        severity: .warning,
        why: """
            A NodePort or a load balancer puts the server's port before everyone who reaches a node or the balancer, without \
            what an ingress adds: TLS, names, limits.
            """,
        mend:
            "Use a ClusterIP behind an ingress with TLS; keep a balancer internal, or list `loadBalancerSourceRanges`.",
        references: [
            .cwe(668), .owasp("A01:2025"), .kubeLinter("exposed-services"),
            .sheet("Triton: Secure gRPC and HTTP Endpoints"),
        ],
        bad: [
            .file("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: NodePort\n"),
            .file("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: LoadBalancer\n"),
            .file(
                "s.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: LoadBalancer\n"
                    + "  loadBalancerSourceRanges: [0.0.0.0/0]\n"
            ),
            .file("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  externalIPs: [192.0.2.1]\n"),
        ],
        good: [
            .file("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: ClusterIP\n"),
            .file(
                "s.yaml",
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: LoadBalancer\n"
                    + "  loadBalancerSourceRanges: [10.0.0.0/8]\n"
            ),
        ],
        checks: [
            .workload { workload, findings in
                guard let service = workload.service else { return }
                for address in service.externalAddresses {
                    findings.add(
                        address.place,
                        "\(workload.described) takes the address \(Printed.quoted(address.value))"
                    )
                }
                guard let type = service.type, ["NodePort", "LoadBalancer"].contains(type.value) else { return }
                let isOpen = service.sources.isEmpty || service.sources.contains { $0.value.hasSuffix("/0") }
                guard type.value == "NodePort" || (isOpen && !service.isInternal) else { return }
                findings.add(
                    type.place,
                    "\(workload.described) is a \(type.value): it can be reached from outside the cluster"
                )
            }
        ]
    )
}
