// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverRootCertificateUnused = Rule(
        id: "BKL-N016",
        title: "Clients' certificates are not asked for",
        severity: .warning,
        why:
            "A root certificate is named, as if clients had to have a certificate from it, and everyone is served all the same.",
        mend: """
            Triton: `--grpc-use-ssl-mutual=true`; for Buckler's other ports `--tls-client-roots`. BentoML: `cert_reqs: 2` \
            beside `ca_certs`, or `--ssl-cert-reqs 2`.
            """,
        references: [.cwe(295), .cwe(306), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .script("tritonserver --grpc-use-ssl=true --grpc-root-cert=/certs/ca.crt"),
            .script("bentoml serve a:b --ssl-certfile a.crt --ssl-keyfile a.key --ssl-ca-certs ca.crt"),
            .script("bentoml serve a:b --ssl-certfile a.crt --ssl-ca-certs ca.crt --ssl-cert-reqs 0"),
            .file(
                "configuration.yaml",
                "api_server:\n  timeout: 9\n  ssl: {enabled: true, certfile: a.crt, ca_certs: ca.crt}\n"
            ),
            .file(
                "configuration.yaml",
                "services:\n  iris:\n    traffic: {timeout: 9}\n    ssl: {enabled: true, ca_certs: ca.crt, cert_reqs: 1}\n"
            ),
        ],
        good: [
            .script("tritonserver --grpc-use-ssl=true --grpc-use-ssl-mutual=true --grpc-root-cert=/certs/ca.crt"),
            .script("bentoml serve a:b --ssl-certfile a.crt --ssl-ca-certs ca.crt --ssl-cert-reqs 2"),
            .file(
                "configuration.yaml",
                "api_server:\n  timeout: 9\n  ssl: {enabled: true, ca_certs: ca.crt, cert_reqs: 2}\n"
            ),
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  ssl: {enabled: true, certfile: a.crt}\n"),
        ],
        checks: [
            .serverCommand { command, findings in
                judgeBento(command, &findings)
                guard let flag = command.flag("grpc-root-cert"), !command.isOn("grpc-use-ssl-mutual") else { return }
                findings.add(
                    flag.place,
                    "--grpc-root-cert is read only with --grpc-use-ssl-mutual: \(command.program.rawValue) serves clients without one"
                )
            },
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    guard let ssl = section.node["ssl"], ssl["enabled"]?.bool == true,
                        let roots = ssl["ca_certs"]?.located, !roots.value.isEmpty, ssl["ca_certs"]?.isNull == false
                    else { continue }
                    let asked = ssl["cert_reqs"]?.located
                    guard !isRequired(asked?.value) else { continue }
                    findings.add(
                        asked?.place ?? roots.place,
                        "'ca_certs' of \(Printed.quoted(section.name)) is of use only with 'cert_reqs: 2': clients without "
                            + "a certificate are served"
                    )
                }
            },
        ]
    )

    private static func judgeBento(_ command: ServerCommand, _ findings: inout Findings) {
        guard command.program == .bento, let roots = command.flag("ssl-ca-certs") else { return }
        let asked = command.flag("ssl-cert-reqs")
        if let value = asked?.value, value.isExpanded || isRequired(value.text) { return }
        findings.add(
            asked?.place ?? roots.place,
            "--ssl-ca-certs is of use only with --ssl-cert-reqs 2: bentoml serve serves clients without a certificate"
        )
    }

    /// `CERT_REQUIRED` of Python's `ssl`, as a number or by its name.
    private static func isRequired(_ value: String?) -> Bool { ["2", "CERT_REQUIRED"].contains(value) }
}
