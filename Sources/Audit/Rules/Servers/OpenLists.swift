// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverOpenLists = Rule(
        id: "BKL-N011",
        title: "List of who is trusted is too wide",
        severity: .error,
        why: """
            A proxy that anyone can claim to be forges addresses past limits and logs; any host lets pages of other sites \
            reach the server by DNS rebinding; any origin lets them use a visitor's rights; a pattern that any certificate \
            fits gives the same rights to everyone who has one.
            """,
        mend: "Name the proxies' networks, the host names, the origins and the names in certificates, each exactly.",
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
            .script("buckler serve --http-address=10.0.0.6 --tls-cert=c.crt --tls-key=c.key"),
            .script("buckler serve --tls-client-roots=a.crt --tls-client-rule='dns:* name=all scopes=admin models=*'"),
            .script("buckler serve --tls-client-roots=a.crt --tls-client-rule='email:*@* name=all scopes=infer'"),
            .script("buckler serve --tls-client-roots=a.crt --tls-client-rule='subject:CN=*,O=* name=all'"),
        ],
        good: [
            .script("buckler serve --trusted-proxy=10.0.0.0/8 --allowed-host=models.example.org"),
            .script("buckler serve --cors-origin=https://app.example.org --cors-credentials=false"),
            .script("buckler serve --cors-origin=http://localhost:5173"),
            .script("buckler serve --http-address=10.0.0.6 --allowed-host=models.example.org"),
            .script(
                "buckler serve --tls-client-roots=a.crt --tls-client-rule='dns:*.ci.example.org name=ci scopes=infer'"
            ),
            .script("buckler serve --tls-client-roots=a.crt --tls-client-rule='subject:CN=*,O=Example name=all'"),
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
                if let port = command.portForOthers, command.flag("allowed-host") == nil {
                    findings.add(
                        port.place,
                        "requests may name any host: buckler serve listens on \(Printed.quoted(port.address)) without --allowed-host",
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
                    case "tls-client-rule" where isForEveryone(value):
                        findings.add(
                            flag.place,
                            "every client's certificate fits \(Printed.quoted(value))",
                            weaker: givesMuch(value) ? .warning : .note
                        )
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

    /// Whether a rule as `dns:PATTERN name=…` names no part of any name; of a subject each part counts by itself.
    private static func isForEveryone(_ rule: String) -> Bool {
        let parts = rule.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let end = parts[1].firstRange(of: " name=")?.lowerBound else { return false }
        let patterns = parts[1][..<end].split(separator: ",").map { part in
            parts[0] == "subject" ? part.drop { $0 != "=" }.dropFirst() : part
        }
        return !patterns.isEmpty
            && patterns.allSatisfy { $0.contains("*") && $0.allSatisfy { " *.@:/-".contains($0) } }
    }

    /// Whether a rule gives the right to change something, or to use every model.
    private static func givesMuch(_ rule: String) -> Bool {
        rule.split(whereSeparator: \.isWhitespace).contains { word in
            word == "models=*" || word.hasPrefix("scopes=") && word.contains("admin")
        }
    }

    private static func isPlain(_ origin: String) -> Bool {
        WebAddress(origin).map { $0.scheme == "http" && !$0.isLoopback } ?? false
    }
}
