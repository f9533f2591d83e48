// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverHalfRestricted = Rule(
        id: "BKL-N021",
        title: "API asks for a key on one protocol alone",
        severity: .note,
        why: """
            Triton restricts its APIs by protocol: what HTTP asks a key for, gRPC gives to everyone who reaches it, unless \
            it is told the same.
            """,
        mend: "Give `--http-restricted-api` and `--grpc-restricted-protocol` the same names, or listen on 127.0.0.1.",
        references: [.cwe(306), .cwe(424), .owasp("A01:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .script("tritonserver --http-restricted-api=logging,trace:k=$K"),
            .script("tritonserver --http-restricted-api=logging,trace:k=$K --grpc-restricted-protocol=trace:k=$K"),
        ],
        good: [
            .script(
                "tritonserver --http-restricted-api=logging,trace:k=$K --grpc-restricted-protocol=logging,trace:k=$K"
            ),
            .script("tritonserver --http-restricted-api=logging,trace:k=$K --grpc-address=127.0.0.1"),
            .script("tritonserver --model-repository=/models"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .triton, command.reach != .machine else { return }
                let ports = ListeningPorts(command)
                let (http, grpc) = ("http-restricted-api", "grpc-restricted-protocol")
                for (port, own, other) in [(ports.http, http, grpc), (ports.grpc, grpc, http)] {
                    guard let port, !port.isLoopback, let guarding = command.flag(other) else { continue }
                    let limits = command.all(own)
                    let open = names(command.all(other)).filter { !ServerCommand.isRestricted($0, by: limits) }
                    guard !open.isEmpty else { continue }
                    findings.add(
                        guarding.place,
                        "tritonserver asks for no key over \(port.name) to what --\(other) restricts: "
                            + Printed.quoted(open.joined(separator: ","))
                    )
                }
            }
        ]
    )

    /// Of all APIs in flags as `inference,model-repository:key=value`.
    private static func names(_ flags: [ServerCommand.Flag]) -> [String] {
        flags.flatMap { flag in
            (flag.value?.text.split(separator: ":").first ?? "").split(separator: ",").prefix(64).map(String.init)
        }
    }
}
