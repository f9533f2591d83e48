// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverOpenLists = Rule(
        id: "BKL-N011",
        title: "List of who is trusted is too wide",
        severity: .error,
        why: """
            A proxy that anyone can claim to be forges addresses past limits and logs; any host lets pages of other sites \
            reach the server by DNS rebinding; any origin lets them use a visitor's rights.
            """,
        mend: "Name the proxies' networks, the host names and the origins, each exactly.",
        references: [
            .cwe(942), .cwe(346), .cwe(348), .sheet("BentoML: Implement API Authentication and Rate Limiting"),
        ],
        bad: [
            .script("buckler serve --trusted-proxy=0.0.0.0/0"),
            .script("buckler serve --allowed-host='*'"),
            .script("buckler serve --cors-origin='*'"),
            .script("buckler serve --cors-origin=http://app.example.org"),
            .script("buckler serve --cors-origin=https://app.example.org --cors-credentials=true"),
            .file("buckler.yaml", "trusted-proxy: ['::/0']\n"),
        ],
        good: [
            .script("buckler serve --trusted-proxy=10.0.0.0/8 --allowed-host=models.example.org"),
            .script("buckler serve --cors-origin=https://app.example.org --cors-credentials=false"),
            .script("buckler serve --cors-origin=http://localhost:5173"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .buckler else { return }
                if let flag = command.flag("cors-credentials"), flag.isOn {
                    findings.add(
                        flag.place,
                        "scripts of the origins that may call use the client certificates of who visits them",
                        weaker: .note
                    )
                }
                for flag in command.flags {
                    guard let value = flag.value?.text else { continue }
                    switch flag.name {
                    case "trusted-proxy" where isWide(value):
                        findings.add(flag.place, "every caller may be a trusted proxy: \(Printed.quoted(value))")
                    case "allowed-host" where value == "*":
                        findings.add(flag.place, "requests may name any host", weaker: .warning)
                    case "cors-origin" where value == "*":
                        findings.add(flag.place, "pages of every origin may call the server")
                    case "cors-origin" where isPlain(value):
                        findings.add(
                            flag.place,
                            "pages of \(Printed.quoted(value)), which anyone on the way can change, may call the server",
                            weaker: .warning
                        )
                    default: break
                    }
                }
            }
        ]
    )

    /// A part of the Internet that nobody's proxies fill.
    private static func isWide(_ block: String) -> Bool {
        guard let slash = block.lastIndex(of: "/"), let bits = Int(block[block.index(after: slash)...]) else {
            return false
        }
        return bits < 8
    }

    private static func isPlain(_ origin: String) -> Bool {
        guard origin.lowercased().hasPrefix("http://") else { return false }
        let host = origin.dropFirst("http://".count).prefix { $0 != "/" && $0 != ":" }
        return !Addresses.isLoopback(String(host)) && !host.hasPrefix("[::1")
    }
}
