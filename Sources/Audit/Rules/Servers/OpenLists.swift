// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverOpenLists = Rule(
        id: "BKL-N011",
        title: "List of who is trusted has everyone",
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
            .file("buckler.yaml", "trusted-proxy: ['::/0']\n"),
        ],
        good: [
            .script("buckler serve --trusted-proxy=10.0.0.0/8 --allowed-host=models.example.org"),
            .script("buckler serve --cors-origin=https://app.example.org"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .buckler else { return }
                for flag in command.flags {
                    guard let value = flag.value?.text else { continue }
                    switch flag.name {
                    case "trusted-proxy" where value.hasSuffix("/0"):
                        findings.add(flag.place, "every caller may be a trusted proxy: \(Printed.quoted(value))")
                    case "allowed-host" where value == "*":
                        findings.add(flag.place, "requests may name any host", weaker: .warning)
                    case "cors-origin" where value == "*":
                        findings.add(flag.place, "pages of every origin may call the server")
                    default: break
                    }
                }
            }
        ]
    )
}
