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
            .script("buckler serve --default-bytes-per-second=1000M"),
            .script("buckler serve --default-rate=1000000/s"),
            .script("tritonserver --http-max-input-size=900000000"),
            .script("buckler serve --default-rate=1000/s"),
            .script("buckler serve --max-in-flight-requests=20000"),
            .script("buckler serve --max-connections-per-address=5000"),
            .script("buckler serve --model-arena-byte-size=64G"),
            .script("buckler serve --grpc-max-reset-frames=1000000"),
            .dockerfile(
                "FROM python:3.11-slim\nENTRYPOINT [\"bentoml\", \"serve\"]\nCMD [\"service:svc\", \"--timeout\", \"3600\"]"
            ),
        ],
        good: [
            .script("tritonserver --http-max-input-size=67108864"),
            .script("buckler serve --max-body-byte-size=20971520 --request-deadline-secs=60"),
            .script("buckler serve --default-bytes-per-second=10M --default-rate=6000/m"),
            .script("buckler serve --max-in-flight-requests=4096 --max-connections-per-address=1024"),
            .script("buckler serve --model-arena-byte-size=8G --max-body-byte-size=100M"),
            .script("bentoml serve service:svc --timeout 60"),
        ],
        checks: [
            .serverCommand { command, findings in
                for flag in command.flags {
                    guard let value = flag.value, let number = number(in: value.text) else { continue }
                    let isTime = ["timeout", "-secs"].contains(where: flag.name.hasSuffix)
                    let amount = Printed.cut(value.text, limit: 24) + (isTime ? " s" : "")
                    let taken = "\(command.program.rawValue) takes up to \(amount) by --\(flag.name)"
                    if let limit = limit(of: flag.name, command.program), number > limit {
                        findings.add(flag.place, taken)
                    } else if let ample = AmpleLimits.bound(of: flag.name, command.program), number > ample.bound {
                        findings.add(flag.place, "\(taken), \(ample.described)", weaker: .note)
                    }
                }
            }
        ]
    )

    /// Of `67108864`, `10M`, or requests a second of `600/m`.
    private static func number(in text: String) -> Int? {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard let first = parts.first else { return nil }
        let isDigits = first.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard let count = Quantities.bytes(String(first)) ?? (isDigits ? .max : nil) else { return nil }
        let seconds = parts.count > 1 ? ["s": 1, "m": 60, "h": 3600][parts[1].lowercased()] : 1
        return seconds.map { count / $0 }
    }

    /// From where on a value keeps hardly anything out.
    private static func limit(of name: String, _ program: ServerCommand.Program) -> Int? {
        switch name {
        case "http-max-input-size", "grpc-max-input-size", "max-body-byte-size": return 1 << 30
        // As in BentoML's configuration.
        case "timeout" where program == .bento: return Int(ServiceConfiguration.longestTimeout)
        default: break
        }
        guard program == .buckler else { return nil }
        switch name {
        case "max-header-byte-size", "max-header-list-byte-size": return 1 << 20
        case "max-json-depth": return 256
        case "max-in-flight-memory-percent": return 75
        case "max-in-flight-requests", "max-connections": return 1 << 17
        case "header-timeout-secs", "body-timeout-secs", "request-deadline-secs": return 600
        case "idle-timeout-secs": return 3600
        // Half of what a fast network carries.
        case "default-bytes-per-second": return 512 << 20
        case "default-rate": return 10_000
        case "max-output-byte-size", "max-connection-in-flight-byte-size": return 4 << 30
        default: return nil
        }
    }
}
