// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverFilesByRequest = Rule(
        id: "BKL-N006",
        title: "Logs or traces go to files that requests may change",
        severity: .warning,
        why: """
            Trace files hold inputs and outputs. Triton's trace and logging requests change settings while it runs; older \
            versions let a caller name the file, and so write anywhere.
            """,
        mend:
            "Log to standard error; restrict the trace and logging APIs, or trace by OpenTelemetry to a named collector.",
        references: [.cwe(73), .cwe(532), .cve("CVE-2024-0087"), .cve("CVE-2024-0100")],
        bad: [
            .script("tritonserver --trace-config triton,file=/tmp/trace.json --trace-config level=TENSORS"),
            .script("tritonserver --trace-file=/tmp/t.json"),
            .script("tritonserver --model-repository=/models --log-file=/models/log.txt"),
        ],
        good: [
            .script(
                "tritonserver --trace-config mode=opentelemetry --trace-config opentelemetry,url=localhost:4318/v1"
            ),
            .script(
                "tritonserver --log-file=/var/log/t.log --http-restricted-api=trace,logging:k=$K "
                    + "--grpc-restricted-protocol=trace,logging:k=$K"
            ),
            .script("buckler serve --log-file=/var/log/buckler.log"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .triton else { return }
                for flag in command.flags {
                    guard let api = api(flag), !isRestricted(api, command) else { continue }
                    let written = flag.value.map { Printed.quoted($0.text) } ?? "a file"
                    findings.add(
                        flag.place,
                        "tritonserver writes \(written) by --\(flag.name), and any caller may change its \(api) settings",
                        weaker: command.reach == .anyone ? nil : .note
                    )
                }
            }
        ]
    )

    /// The API that changes what a flag sets.
    private static func api(_ flag: ServerCommand.Flag) -> String? {
        let value = flag.value?.text.lowercased() ?? ""
        switch flag.name {
        case "log-file": return value.isEmpty ? nil : "logging"
        case "trace-file": return "trace"
        case "trace-config": return value.contains("file=") ? "trace" : nil
        default: return nil
        }
    }

    private static func isRestricted(_ api: String, _ command: ServerCommand) -> Bool {
        let ports = ListeningPorts(command)
        let http =
            ports.http?.isLoopback ?? true || ServerCommand.isRestricted(api, by: command.all("http-restricted-api"))
        let grpc =
            ports.grpc?.isLoopback ?? true
            || ServerCommand.isRestricted(api, by: command.all("grpc-restricted-protocol"))
        return http && grpc
    }
}
