// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverTrafficInClear = Rule(
        id: "BKL-N001",
        title: "Traffic is not encrypted",
        severity: .warning,
        why: "Who is on the way reads inputs, results and keys, and may change them.",
        mend: """
            Triton: `--grpc-use-ssl=true` with `--grpc-server-cert` and `--grpc-server-key`; its HTTP has no TLS, so let it \
            listen on 127.0.0.1 behind a proxy. Buckler: `--tls-cert`, `--tls-key`. BentoML: `--ssl-certfile`, \
            `--ssl-keyfile`.
            """,
        references: [.cwe(319), .owasp("A02:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .script("tritonserver --model-repository=/models"),
            .script("tritonserver --model-repository=/models --allow-http=false"),
            .script("tritonserver --model-repository=/models --grpc-use-ssl=false --http-address=127.0.0.1"),
            .script("tritonserver --grpc-use-ssl=true --grpc-server-cert=/c.crt --grpc-server-key=/c.key"),
            .script("bentoml serve service:svc --host 0.0.0.0"),
            .script("bentoml serve service:svc"),
            .script("buckler serve --profile=triton --http-address 0.0.0.0"),
            .dockerfile("FROM triton:1.0\nCMD [\"tritonserver\", \"--model-repository=/models\"]"),
            .script("tritonserver --http-address=127.0.0.1 --allow-grpc=false --allow-vertex-ai=true"),
            .container("command: [sh, -c]\nargs: ['exec tritonserver --model-repository=/models']"),
        ],
        good: [
            .script("tritonserver --grpc-use-ssl=true --grpc-server-cert=/c.crt --http-address 127.0.0.1"),
            .script("tritonserver --grpc-address=localhost --http-address=127.0.0.1 --allow-sagemaker=false"),
            .script("bentoml serve service:svc --ssl-certfile c.crt --ssl-keyfile c.key"),
            .script("bentoml serve service:svc --host 127.0.0.1"),
            .script("buckler serve --model-repository models"),
            .script("docker run -p 127.0.0.1:8000:8000 triton:1.0 tritonserver --model-repository=/models"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.reach != .machine else { return }
                let ports = ListeningPorts(command)
                for flag in command.flags where ["allow-sagemaker", "allow-vertex-ai"].contains(flag.name) && flag.isOn
                {
                    guard command.program == .triton else { continue }
                    findings.add(
                        flag.place,
                        "tritonserver opens one more port without TLS, for every address, by --\(flag.name)",
                        weaker: command.reachSeverity
                    )
                }
                let open = [ports.http, ports.grpc].compactMap { $0 }.filter { !$0.isLoopback && !$0.isEncrypted }
                guard let first = open.first else { return }
                let names = open.map(\.name).joined(separator: " and ")
                findings.add(
                    first.place,
                    "\(command.program.rawValue) speaks \(names) in the clear on \(Printed.quoted(first.address))",
                    weaker: command.reachSeverity ?? severity(command, ports)
                )
            }
        ]
    )

    private static func severity(_ command: ServerCommand, _ ports: ListeningPorts) -> Severity? {
        switch command.program {
        // What Triton can encrypt is; its HTTP is for a proxy before it.
        case .triton: ports.grpc.map { $0.isEncrypted || $0.isLoopback } ?? false ? .note : nil
        // An address that was not asked for is the image's business, and its container's.
        case .bento: command.flag("host") == nil ? .note : nil
        case .buckler: nil
        }
    }
}
