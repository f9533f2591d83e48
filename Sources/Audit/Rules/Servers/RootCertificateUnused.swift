// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverRootCertificateUnused = Rule(
        id: "BKL-N016",
        title: "Clients' certificates are not asked for",
        severity: .warning,
        why:
            "A root certificate is named, as if clients had to have a certificate from it, and everyone is served all the same.",
        mend: "Write `--grpc-use-ssl-mutual=true`; for Buckler's other ports `--tls-client-roots`.",
        references: [.cwe(295), .cwe(306), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [.script("tritonserver --grpc-use-ssl=true --grpc-root-cert=/certs/ca.crt")],
        good: [.script("tritonserver --grpc-use-ssl=true --grpc-use-ssl-mutual=true --grpc-root-cert=/certs/ca.crt")],
        checks: [
            .serverCommand { command, findings in
                guard let flag = command.flag("grpc-root-cert"), !command.isOn("grpc-use-ssl-mutual") else { return }
                findings.add(
                    flag.place,
                    "--grpc-root-cert is read only with --grpc-use-ssl-mutual: \(command.program.rawValue) serves clients without one"
                )
            }
        ]
    )
}
