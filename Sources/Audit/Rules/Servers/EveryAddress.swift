// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverEveryAddress = Rule(
        id: "BKL-N005",
        title: "Server listens on every address and asks nobody who they are",
        severity: .warning,
        why:
            "Everyone who reaches one of the machine's networks can use the models, see which there are, and keep them busy.",
        mend: "Listen on 127.0.0.1 behind a proxy that asks for keys; or restrict the APIs; or use Buckler's keys.",
        references: [
            .cwe(306), .cwe(1327), .owasp("A01:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints"),
            .sheet("BentoML: Implement API Authentication and Rate Limiting"),
        ],
        bad: [
            .script("tritonserver --model-repository=/models --http-address=0.0.0.0"),
            .script("tritonserver --model-repository=/models --grpc-address ::"),
            .script("BENTOML_HOST=0.0.0.0 bentoml serve service:svc"),
            .script("buckler serve --profile=triton --http-address=0.0.0.0 --tls-cert=c.crt --tls-key=c.key"),
            .script("buckler serve --http-address=10.0.0.6 --metrics-address=0.0.0.0 --tls-cert=c.crt --tls-key=c.key"),
            .script("tritonserver --http-address=127.0.0.1 --grpc-use-ssl-mutual=true"),
        ],
        good: [
            .script("tritonserver --http-address=127.0.0.1 --grpc-address=10.0.0.5"),
            .container("command: [tritonserver, --http-address=127.0.0.1]"),
            .script(
                "tritonserver --http-address=0.0.0.0 --http-restricted-api=inference,model-repository:k=$K "
                    + "--grpc-address=127.0.0.1"
            ),
            .script("buckler serve --http-address=10.0.0.6 --tls-cert=c.crt --tls-key=c.key"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.reach != .machine else { return }
                judgeNamed(command, &findings)
                judgeForgotten(command, &findings)
            }
        ]
    )

    private static let flagsOfLimits = [
        "http-address": "http-restricted-api", "grpc-address": "grpc-restricted-protocol",
    ]

    private static func judgeNamed(_ command: ServerCommand, _ findings: inout Findings) {
        // Buckler asks everyone for a key, unless it is told to be as Triton is.
        let asksForKeys = command.program == .buckler && command.text("profile") != "triton"
        var flags: Set<String> = ["http-address", "grpc-address", "host"]
        if asksForKeys { flags.insert("metrics-address") }
        for flag in command.flags where flags.contains(flag.name) {
            guard let address = flag.value, Addresses.isEvery(address.text) else { continue }
            let limits = flagsOfLimits[flag.name].map { command.all($0) } ?? []
            guard !ServerCommand.isRestricted("inference", by: limits) else { continue }
            findings.add(
                address.place,
                "\(command.program.rawValue) listens on \(Printed.quoted(address.text)) and "
                    + (asksForKeys ? "can be tried from every network" : "serves everyone there"),
                weaker: asksForKeys ? .note : command.reachSeverity
            )
        }
    }

    /// Who says where one protocol listens, and not the other, has left it on every address.
    private static func judgeForgotten(_ command: ServerCommand, _ findings: inout Findings) {
        guard command.program == .triton, !command.isContained else { return }
        let ports = ListeningPorts(command)
        for (port, other) in [(ports.http, "grpc-address"), (ports.grpc, "http-address")] {
            guard let port, Addresses.isEvery(port.address), let named = command.flag(other) else { continue }
            let flag = other == "grpc-address" ? "http-address" : "grpc-address"
            guard command.flag(flag) == nil else { continue }
            findings.add(
                named.place,
                "tritonserver is told where to listen by --\(other), and speaks \(port.name) on every address",
                weaker: .note
            )
        }
    }
}
