// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverWideLimits = Rule(
        id: "BKL-N015",
        title: "Limit of requests is wide",
        severity: .warning,
        why: "One caller fills the server's memory or keeps it busy, with a single request or with many at once.",
        mend: "Keep the defaults, or give single models what they need by `--model-limit`.",
        references: [
            .cwe(400), .cwe(770), .owaspLLM("LLM04"), .sheet("BentoML: Implement API Authentication and Rate Limiting"),
        ],
        bad: [
            .script("tritonserver --http-max-input-size=10000000000"),
            .script("buckler serve --max-body-byte-size=4294967296"),
            .script("buckler serve --request-deadline-secs=86400"),
            .script("buckler serve --max-in-flight-requests 10000000"),
        ],
        good: [
            .script("tritonserver --http-max-input-size=67108864"),
            .script("buckler serve --max-body-byte-size=20971520 --request-deadline-secs=60"),
        ],
        checks: [
            .serverCommand { command, findings in
                for flag in command.flags {
                    guard let limit = limit(of: flag.name, command.program), let value = flag.value else { continue }
                    guard let number = Int(value.text) ?? (value.text.allSatisfy(\.isNumber) ? .max : nil),
                        number > limit
                    else {
                        continue
                    }
                    findings.add(
                        flag.place,
                        "\(command.program.rawValue) takes up to \(Printed.cut(value.text, limit: 24)) by --\(flag.name)"
                    )
                }
            }
        ]
    )

    /// From where on a value keeps hardly anything out.
    private static func limit(of name: String, _ program: ServerCommand.Program) -> Int? {
        switch name {
        case "http-max-input-size", "grpc-max-input-size", "max-body-byte-size": return 1 << 30
        default: break
        }
        guard program == .buckler else { return nil }
        switch name {
        case "max-header-byte-size", "max-header-list-byte-size": return 1 << 20
        case "max-json-depth": return 256
        case "max-in-flight-memory-percent": return 75
        case "max-in-flight-requests", "max-connections": return 1 << 17
        case "header-timeout-secs", "body-timeout-secs", "idle-timeout-secs", "request-deadline-secs": return 3600
        case "max-output-byte-size", "max-connection-in-flight-byte-size": return 4 << 30
        default: return nil
        }
    }
}
