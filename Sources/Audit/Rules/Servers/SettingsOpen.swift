// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverSettingsOpen = Rule(
        id: "BKL-N021",
        title: "Callers may change settings of the server",
        severity: .note,
        why: """
            Triton takes requests that change its log and its traces while it runs: whoever may infer may also silence the \
            log, or have the inputs of others recorded.
            """,
        mend: """
            `--http-restricted-api=shared-memory,model-repository,trace,logging:KEY=…`, and the same as \
            `--grpc-restricted-protocol`, with the value from a file.
            """,
        references: [
            .cwe(306), .cwe(778), .owasp("A01:2025"), .cve("CVE-2024-0087"),
            .sheet("Triton: Secure gRPC and HTTP Endpoints"),
        ],
        bad: [
            .script("tritonserver --model-repository=/models"),
            .script(
                "tritonserver --http-restricted-api=logging,trace:k=$K --grpc-restricted-protocol=inference:k=$K"
            ),
        ],
        good: [
            .script(
                "tritonserver --http-restricted-api=logging,trace:k=$K --grpc-restricted-protocol=logging,trace:k=$K"
            ),
            .script("tritonserver --http-address=127.0.0.1 --grpc-address=127.0.0.1"),
            .script("buckler serve --model-repository=/models"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .triton, command.reach != .machine else { return }
                let ports = ListeningPorts(command)
                for (port, flag) in [(ports.http, "http-restricted-api"), (ports.grpc, "grpc-restricted-protocol")] {
                    guard let port, !port.isLoopback else { continue }
                    let limits = command.all(flag)
                    let open = ["logging", "trace"].filter { !ServerCommand.isRestricted($0, by: limits) }
                    guard !open.isEmpty else { continue }
                    findings.add(
                        limits.last?.place ?? port.place,
                        "tritonserver lets every caller over \(port.name) change its settings of \(open.joined(separator: " and "))"
                    )
                }
            }
        ]
    )
}
