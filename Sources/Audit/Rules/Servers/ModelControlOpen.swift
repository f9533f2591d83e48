// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverModelControlOpen = Rule(
        id: "BKL-N003",
        title: "Callers may load models",
        severity: .warning,
        why: """
            The load request can bring a model along, configuration and files: whoever may send it runs their own code where \
            there is a Python backend. With `poll` the same goes for who can write the repository.
            """,
        mend: """
            `--model-control-mode=none`; or ask for a key: `--http-restricted-api=model-repository:…` with \
            `--grpc-restricted-protocol`.
            """,
        references: [
            .cwe(306), .cwe(94), .owasp("A01:2025"), .cve("CVE-2023-31036"), .cve("CVE-2025-23316"),
            .sheet("Triton: Secure gRPC and HTTP Endpoints"), .sheet("Triton: Secure Model Repository Configuration"),
        ],
        bad: [
            .script("tritonserver --model-control-mode=explicit --load-model=a"),
            .script("tritonserver --model-repository=/models --model-control-mode poll"),
            .script("buckler serve --profile=triton --http-address=0.0.0.0 --model-control-mode=explicit"),
            .script("tritonserver --model-control-mode=explicit --http-restricted-api=inference:k=v"),
            .script("tritonserver --model-control-m=explicit"),
            .script("tritonserver --model-cont explicit"),
        ],
        good: [
            .script("tritonserver --model-repository=/models --model-control-mode=none"),
            .script(
                "tritonserver --model-control-mode=explicit --http-restricted-api=model-repository:k=$K "
                    + "--grpc-restricted-protocol=model-repository:k=$K"
            ),
            .script("buckler serve --model-control-mode=explicit"),
            // Ambiguous, so that the server does not start.
            .script("tritonserver --model-c=explicit"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard let flag = command.flag("model-control-mode"), let mode = flag.value?.text else { return }
                // Buckler asks everyone for a key, unless it is told to be as Triton is.
                guard command.program != .buckler || command.text("profile") == "triton" else { return }
                switch mode {
                case "explicit":
                    guard let open = openProtocols(command) else { return }
                    findings.add(
                        flag.place,
                        "\(command.program.rawValue) lets every caller load and unload models over \(open)",
                        weaker: command.reach == .anyone ? nil : .note
                    )
                case "poll":
                    findings.add(
                        flag.place,
                        "\(command.program.rawValue) loads whatever is written into its repository while it runs",
                        weaker: .note
                    )
                default: break
                }
            }
        ]
    )

    /// Protocols on which a load request needs no key.
    private static func openProtocols(_ command: ServerCommand) -> String? {
        let ports = ListeningPorts(command)
        let checks = [(ports.http, "http-restricted-api"), (ports.grpc, "grpc-restricted-protocol")]
        let open = checks.compactMap { port, flag -> String? in
            guard let port, !port.isLoopback else { return nil }
            return ServerCommand.isRestricted("model-repository", by: command.all(flag)) ? nil : port.name
        }
        return open.isEmpty ? nil : open.joined(separator: " and ")
    }
}

extension ServerCommand {
    /// Whether flags as in `inference,model-repository:key=value` name an API.
    static func isRestricted(_ api: String, by flags: [Flag]) -> Bool {
        flags.contains { flag in
            let names = flag.value?.text.split(separator: ":").first ?? ""
            return names.split(separator: ",").contains { $0 == api }
        }
    }
}
