// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverHeadersForwarded = Rule(
        id: "BKL-N020",
        title: "Headers with credentials reach models",
        severity: .warning,
        why: """
            What the pattern matches becomes a parameter of the request: models, and whatever they log or call, get their \
            callers' keys and cookies.
            """,
        mend: "Name the headers that a model needs, as in `x-tenant-.*`.",
        references: [.cwe(200), .cwe(522), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .script("tritonserver --http-header-forward-pattern='.*'"),
            .script("buckler serve --grpc-header-forward-pattern='(?i)^(x-.*|authorization)$'"),
        ],
        good: [
            .script("tritonserver --http-header-forward-pattern='x-tenant-.*'"),
            .script("buckler serve --http-header-forward-pattern=''"),
        ],
        checks: [
            .serverCommand { command, findings in
                for flag in command.flags where flag.name.hasSuffix("-header-forward-pattern") {
                    guard let value = flag.value?.text, isWide(value) else { continue }
                    findings.add(
                        flag.place,
                        "\(command.program.rawValue) passes headers with credentials on to models: \(Printed.quoted(value))"
                    )
                }
            }
        ]
    )

    /// By its text: patterns of strangers are not run.
    private static func isWide(_ pattern: String) -> Bool {
        let text = pattern.prefix(4096).lowercased().replacing("(?i)", with: "")
        if ["authorization", "cookie", "api-key", "api_key", "token"].contains(where: text.contains) { return true }
        // Of alternatives, one that matches everything is enough.
        return text.split(separator: "|").contains { part in
            let bare = part.filter { !"^$()".contains($0) }
            return [".*", ".+", "[\\s\\s]*", "\\s+", "\\s*"].contains(String(bare))
        }
    }
}
