// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadNetworkPolicyOpen = Rule(
        id: "BKL-D043",
        title: "Network policy lets everyone through",
        severity: .warning,
        why: """
            A policy that names nobody keeps nobody out, and looks as if it did. Where pods may call any address, whoever \
            breaks in brings tools along and takes data away.
            """,
        mend: """
            Name the clients by `podSelector` or `namespaceSelector`, what is called by `ipBlock`, both with ports; write \
            Ingress and Egress into `policyTypes`.
            """,
        references: [
            .cwe(284), .cwe(923), .owasp("A01:2025"), .kubeLinter("non-isolated-pod"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [
            policy("policyTypes: [Ingress]\ningress:\n- {}"),
            policy("policyTypes: [Ingress]\ningress:\n- ports: [{port: 8000}]"),
            policy("policyTypes: [Ingress]\ningress:\n- from: [{ipBlock: {cidr: 0.0.0.0/0}}]"),
            policy("policyTypes: [Ingress]\ningress:\n- from: [{namespaceSelector: {}}]"),
            policy("policyTypes: [Ingress, Egress]\negress:\n- {}"),
            policy(
                "policyTypes: [Ingress, Egress]\negress:\n- to: [{ipBlock: {cidr: '::/0'}}]\n  ports: [{port: 443}]"
            ),
            policy("policyTypes: [Ingress]\negress:\n- to: [{podSelector: {}}]\n  ports: [{port: 443}]"),
            policy("policyTypes: [Egress]\ningress:\n- from: [{podSelector: {}}]"),
            policy(
                "policyTypes: [Egress]\negress:\n- to: [{ipBlock: {cidr: 10.0.0.1/32}}]\n  ports: [{protocol: TCP}]"
            ),
            policy("ingress:\n- from: [{podSelector: {}}]\n  ports: [{port: 8001}]"),
            policy("ingress:\n- from: [{podSelector: {matchLabels: }}]\n  ports: [{port: 8001}]"),
            policy("ingress:\n- from: [{namespaceSelector: {matchLabels: {}}}]\n  ports: [{port: 8001}]"),
            policy("ingress:\n- from: [{podSelector: {matchLabels: {app: gateway}}}]"),
            policy("ingress:\n- from: [{podSelector: {matchLabels: {app: gateway}}}]\n  ports: [{protocol: TCP}]"),
        ],
        good: [
            policy("policyTypes: [Ingress, Egress]"),
            policy("policyTypes: [Egress]\negress:\n- to: [{podSelector: {}}]\n  ports: [{port: 8001}]"),
            policy("ingress:\n- from: [{podSelector: {matchLabels: {app: gateway}}}]\n  ports: [{port: 8001}]"),
            policy("policyTypes: [Egress]\negress:\n- ports: [{protocol: UDP, port: 53}]"),
            policy("policyTypes: [Egress]\negress:\n- to: [{ipBlock: {cidr: 10.0.0.1/32}}]\n  ports: [{port: 443}]"),
        ],
        checks: [
            .workload { workload, findings in
                guard let policy = workload.networkPolicy else { return }
                let described = workload.described
                for direction in NetworkPolicy.Direction.allCases {
                    let rules = policy.rules.filter { $0.direction == direction }
                    if policy.directions.contains(direction) {
                        for rule in rules { judge(rule, of: described, &findings) }
                    } else if !rules.isEmpty {
                        findings.add(
                            policy.place,
                            "\(described) has rules for \(direction.rawValue) that do not hold: its policyTypes leave it out"
                        )
                    }
                }
            }
        ]
    )

    private static func policy(_ spec: String) -> RuleExample {
        let lines = spec.split(separator: "\n").map { "  " + $0 + "\n" }.joined()
        return .file(
            "policy.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec:\n  podSelector: {}\n"
                + lines
        )
    }

    private static func judge(_ rule: NetworkPolicy.Rule, of policy: String, _ findings: inout Findings) {
        let isIngress = rule.direction == .ingress
        // Names are asked of whoever answers them.
        if !isIngress, let ports = rule.ports, ports.allSatisfy({ ["53", "5353", "dns", "dns-tcp"].contains($0) }) {
            return
        }
        guard let peers = rule.peers else {
            let whom = isIngress ? "lets everybody in" : "lets its pods call everybody"
            findings.add(rule.place, "a rule of \(policy) names nobody, and so \(whom)")
            return
        }
        for peer in peers {
            switch peer {
            case .addresses(let addresses) where addresses.value.hasSuffix("/0"):
                let whom = isIngress ? "lets every address in" : "lets its pods call every address"
                findings.add(addresses.place, "\(policy) \(whom): \(Printed.quoted(addresses.value))")
            case .everyPod(let place):
                let whom =
                    isIngress ? "lets the pods of all namespaces in" : "lets its pods call those of all namespaces"
                findings.add(place, "\(policy) \(whom)", weaker: isIngress ? nil : .note)
            case .everyPodBeside(let place):
                let whom = isIngress ? "lets every pod of its namespace in" : "lets its pods call all of the namespace"
                findings.add(place, "\(policy) \(whom): the selector has no label", weaker: isIngress ? nil : .note)
            case .allBeside(let place) where isIngress:
                findings.add(place, "\(policy) lets every pod of its namespace in, as it says", weaker: .note)
            case .addresses, .allBeside, .some: break
            }
        }
        if rule.ports == nil {
            let which =
                isIngress
                ? "lets whom it names call every port of its pods" : "lets its pods call every port of whom it names"
            findings.add(rule.place, "\(policy) \(which)", weaker: .note)
        }
    }
}
