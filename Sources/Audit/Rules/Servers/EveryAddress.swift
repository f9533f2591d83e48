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
        ],
        good: [
            .script("tritonserver --model-repository=/models --http-address=127.0.0.1"),
            .script(
                "tritonserver --http-address=0.0.0.0 --http-restricted-api=inference,model-repository:k=$K "
                    + "--grpc-address=127.0.0.1"
            ),
            .script("buckler serve --http-address=0.0.0.0 --tls-cert=c.crt --tls-key=c.key"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.program != .buckler || command.text("profile") == "triton" else { return }
                guard command.reach != .machine else { return }
                let limits = ["http-address": "http-restricted-api", "grpc-address": "grpc-restricted-protocol"]
                for flag in command.flags where ["http-address", "grpc-address", "host"].contains(flag.name) {
                    guard let address = flag.value, Addresses.isEvery(address.text) else { continue }
                    let limit = limits[flag.name].map { command.all($0) } ?? []
                    guard !ServerCommand.isRestricted("inference", by: limit) else { continue }
                    findings.add(
                        address.place,
                        "\(command.program.rawValue) listens on \(Printed.quoted(address.text)) and serves everyone there",
                        weaker: command.reachSeverity
                    )
                }
            }
        ]
    )
}
