// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadIngressWithoutTLS = Rule(
        id: "BKL-D036",
        title: "Ingress without TLS, or not for all its names",
        severity: .warning,
        why: """
            Requests, results and keys go over the network in the clear: who is on the way reads and changes them. A name \
            that `spec.tls` leaves out is answered in clear, or with a certificate that nobody can check. What \
            takes calls by every name is called by those too that strangers lead to its address.
            """,
        mend: "Add `spec.tls` with the hosts, as the rules have them, and a secret that has the certificate.",
        references: [.cwe(319), .owasp("A02:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .file(
                "i.yaml",
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  rules:\n  - host: a.example.org\n"
            ),
            ingress(tls: "{hosts: [a.example.org], secretName: a}", "host: b.example.org"),
            ingress(tls: "{hosts: ['*.example.org'], secretName: a}", "host: a.b.example.org"),
            ingress(tls: "{hosts: [a.example.org], secretName: a}", "host: ''"),
            ingress(tls: "{hosts: [a.example.org], secretName: a}", "http: {paths: []}"),
        ],
        good: [
            .file(
                "i.yaml",
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  tls:\n"
                    + "  - hosts: [a.example.org]\n    secretName: a-tls\n"
            ),
            ingress(tls: "{hosts: [a.example.org], secretName: a}", "host: A.example.org"),
            ingress(tls: "{hosts: ['*.example.org'], secretName: a}", "host: a.example.org"),
            ingress(tls: "{secretName: a}", "http: {paths: []}"),
        ],
        checks: [
            .workload { workload, findings in
                guard let ingress = workload.ingress else { return }
                guard ingress.hasTLS else { return findings.add(workload.place, "\(workload.described) has no TLS") }
                guard let withTLS = ingress.namesWithTLS else { return }
                for name in ingress.names where !isCovered(name.value, by: withTLS) {
                    if name.value.isEmpty {
                        findings.add(
                            name.place,
                            "\(workload.described) takes calls by every name, and has TLS for some of them only",
                            weaker: .note
                        )
                    } else {
                        findings.add(name.place, "\(workload.described) has no TLS for \(Printed.quoted(name.value))")
                    }
                }
            }
        ]
    )

    private static func ingress(tls: String, _ rule: String) -> RuleExample {
        .file(
            "i.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  tls: [\(tls)]\n"
                + "  rules:\n  - \(rule)\n"
        )
    }

    /// `*.` stands for one part of a name.
    private static func isCovered(_ name: String, by names: Set<String>) -> Bool {
        let name = name.lowercased()
        // What a template will make of it nobody knows.
        if name.contains("{{") || name.contains("$") || names.contains(name) { return true }
        return name.firstIndex(of: ".").map { names.contains("*" + name[$0...]) } ?? false
    }
}
