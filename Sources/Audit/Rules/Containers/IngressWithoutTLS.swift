// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadIngressWithoutTLS = Rule(
        id: "BKL-D036",
        title: "Ingress without TLS",
        severity: .warning,
        why: "Requests, results and keys go over the network in the clear: who is on the way reads and changes them.",
        mend: "Add `spec.tls` with the hosts and a secret that has the certificate.",
        references: [.cwe(319), .owasp("A02:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .file(
                "i.yaml",
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules:\n  - host: a.example.org\n"
            )
        ],
        good: [
            .file(
                "i.yaml",
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  tls:\n"
                    + "  - hosts: [a.example.org]\n    secretName: a-tls\n"
            )
        ],
        checks: [
            .workload { workload, findings in
                guard let ingress = workload.ingress, !ingress.hasTLS else { return }
                findings.add(workload.place, "\(workload.described) has no TLS")
            }
        ]
    )
}
