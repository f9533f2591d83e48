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
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.service(ssl={"enabled": False, "certfile": "/certs/a.crt", "keyfile": "/run/secrets/a.key"})
                class Iris: ...
                """
            ),
            .file("service.py", "import bentoml\n@bentoml.service(ssl={'enabled': False})\nclass Iris: ...\n"),
        ],
        good: [
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.service(ssl={"enabled": True, "certfile": "/certs/a.crt", "keyfile": "/run/secrets/a.key"})
                class Iris: ...
                @bentoml.service(http={"host": "127.0.0.1"}, ssl={"enabled": False})
                class Inner: ...
                @bentoml.service(ssl={"enabled": HAS_TLS, "certfile": "/certs/a.crt"})
                class Either: ...
                """
            ),
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
            },
            .python { module, findings in
                for call in module.calls(["bentoml.service", "bentoml.Service"]) { inClear(call, &findings) }
            },
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

    private static func inClear(_ call: PythonCall, _ findings: inout Findings) {
        guard let ssl = call.argument("ssl"), !ssl.items.isEmpty else { return }
        let enabled = ssl.member("enabled")
        // What the surroundings decide may be on.
        guard enabled.map({ $0.bool == false }) ?? true else { return }
        if ["certfile", "keyfile"].contains(where: { ssl.member($0).map { $0.text?.isEmpty != true } ?? false }) {
            findings.add(call.place, "'ssl' of \(call.printedName) names a certificate and is not on: there is no TLS")
        } else if enabled != nil, call.argument("http")?.member("host")?.text.map(isOpen) ?? true {
            findings.add(call.place, "\(call.printedName) is open to the network without TLS")
        }
    }

    private static func isOpen(_ host: String) -> Bool { !Addresses.isLoopback(host) && !host.hasPrefix("/") }
}
