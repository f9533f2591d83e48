// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceWithoutTLS = Rule(
        id: "BKL-S005",
        title: "Service is open to the network without TLS",
        severity: .warning,
        why: "Whoever is on the way reads keys and data, and changes answers.",
        mend: "ssl: {enabled: true, certfile: …, keyfile: …}; or host: 127.0.0.1 behind a proxy that has TLS.",
        references: [.cwe(319), .owasp("A02:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .file(
                "configuration.yaml",
                "services:\n  iris:\n    traffic: {timeout: 9}\n    http: {host: 0.0.0.0}\n    ssl: {enabled: false}\n"
            ),
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  http:\n    host: 0.0.0.0\n"),
        ],
        good: [
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  http:\n    host: 127.0.0.1\n"),
            .file(
                "configuration.yaml",
                "api_server:\n  timeout: 9\n  http:\n    host: 0.0.0.0\n  ssl: {enabled: true}\n"
            ),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    for kind in ["http", "grpc"] {
                        guard let host = section.node[path: kind, "host"]?.located, isOpen(host.value) else { continue }
                        guard section.node[path: "ssl", "enabled"]?.bool != true else { continue }
                        findings.add(
                            host.place,
                            "\(kind) of \(Printed.quoted(section.name)) is open to the network without TLS"
                        )
                    }
                }
            }
        ]
    )

    private static func isOpen(_ host: String) -> Bool {
        !["127.0.0.1", "localhost", "::1", "[::1]"].contains(host) && !host.hasPrefix("127.") && !host.hasPrefix("/")
    }
}
