// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceOpenMetrics = Rule(
        id: "BKL-S006",
        title: "Metrics are on the port of the service",
        severity: .note,
        why:
            "Whoever reaches the service learns what models there are and how much they are used: BentoML asks "
            + "nobody for a key.",
        mend: "Keep /metrics from clients in the proxy before the service; or metrics: {enabled: false}.",
        references: [.cwe(200), .owasp("A01:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [.file("configuration.yaml", "api_server:\n  metrics:\n    enabled: true\n")],
        good: [
            .file("configuration.yaml", "api_server:\n  metrics:\n    enabled: false\n"),
            .file("configuration.yaml", "api_server:\n  http: {host: 127.0.0.1}\n  metrics: {enabled: true}\n"),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    guard let enabled = section.node[path: "metrics", "enabled"], enabled.bool == true else { continue }
                    let hosts = ["http", "grpc"].compactMap { section.node[path: $0, "host"]?.text }
                    if !hosts.isEmpty, hosts.allSatisfy(Addresses.isLoopback) { continue }
                    findings.add(enabled.place, "metrics of \(Printed.quoted(section.name)) can be read without a key")
                }
            }
        ]
    )
}
