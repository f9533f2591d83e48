// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceEveryAddress = Rule(
        id: "BKL-S020",
        title: "Service listens on every address",
        severity: .note,
        why:
            "Every network that the machine is in reaches the service, also those that were joined later and that "
            + "nobody meant.",
        mend: "host: 127.0.0.1 behind a proxy, or the address of the one network that is meant.",
        references: [.cwe(1327), .owasp("A02:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .file("configuration.yaml", "api_server:\n  http: {host: 0.0.0.0}\n  ssl: {enabled: true}\n"),
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  grpc: {enabled: true, host: '[::]'}\n"),
            .file("configuration.yaml", "runners:\n  iris: {max_batch_size: 32, timeout: 60, resources: {cpu: 2}}\n"),
        ],
        good: [
            .file("configuration.yaml", "api_server:\n  http: {host: 127.0.0.1}\n"),
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  grpc: {enabled: false, host: 0.0.0.0}\n"),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                if let runners = document.root.member("runners"), !runners.value.members.isEmpty,
                    document.root["api_server"] == nil, document.root["services"] == nil
                {
                    findings.add(
                        runners.keyPlace,
                        "'runners' are configured and 'api_server' is not: it listens on every address, without TLS"
                    )
                }
                for section in ServiceConfiguration(document: document).services {
                    for kind in ["http", "grpc"] {
                        guard let server = section.node[kind], server["enabled"]?.bool != false,
                            let host = server["host"]?.located, Addresses.isEvery(host.value)
                        else { continue }
                        findings.add(host.place, "\(kind) of \(Printed.quoted(section.name)) listens on every address")
                    }
                }
            }
        ]
    )
}
