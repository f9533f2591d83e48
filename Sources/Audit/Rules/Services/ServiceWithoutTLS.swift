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
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  ssl: {enabled: false}\n"),
            .file(
                "configuration.yaml",
                "api_server:\n  http: {host: 127.0.0.1}\n  ssl: {certfile: /certs/a.crt, keyfile: /certs/a.key}\n"
            ),
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
                    guard section.node[path: "ssl", "enabled"]?.bool != true else { continue }
                    inClear(section, &findings)
                }
            }
        ]
    )

    private static func inClear(_ section: ServiceConfiguration.Section, _ findings: inout Findings) {
        let name = Printed.quoted(section.name)
        if let ssl = section.node.member("ssl"),
            ["certfile", "keyfile"].contains(where: { ssl.value[$0]?.text?.isEmpty == false })
        {
            return findings.add(ssl.keyPlace, "'ssl' of \(name) names a certificate and is not on: there is no TLS")
        }
        // Unless told otherwise BentoML listens on every address.
        if let enabled = section.node[path: "ssl", "enabled"], section.node[path: "http", "host"] == nil {
            findings.add(enabled.place, "\(name) is open to the network without TLS")
        }
        for kind in ["http", "grpc"] {
            guard let host = section.node[path: kind, "host"]?.located, isOpen(host.value) else { continue }
            findings.add(host.place, "\(kind) of \(name) is open to the network without TLS")
        }
    }

    private static func isOpen(_ host: String) -> Bool { !Addresses.isLoopback(host) && !host.hasPrefix("/") }
}
