// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverAnonymousScope = Rule(
        id: "BKL-N008",
        title: "Callers without a key have rights",
        severity: .error,
        why: """
            Every program on the machine, and every page in a browser there, may do what the scope allows; with `admin` \
            that is to load models.
            """,
        mend: "Make a key (`buckler key create`) and drop `--anonymous-scope`.",
        references: [.cwe(306), .owasp("A01:2025"), .sheet("BentoML: Implement API Authentication and Rate Limiting")],
        bad: [
            .script("buckler serve --anonymous-scope=admin"),
            .script("buckler serve --anonymous-scope infer"),
            .script("buckler serve --anonymous=admin"),
            .script("buckler serve --anon admin"),
        ],
        good: [.script("buckler serve --model-repository=/models")],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .buckler else { return }
                for flag in command.all("anonymous-scope") {
                    guard let scope = flag.value else { continue }
                    findings.add(
                        flag.place,
                        "buckler serve gives callers without a key the scope \(Printed.quoted(scope.text))",
                        weaker: ["infer", "metadata", "metrics", "statistics"].contains(scope.text) ? .warning : nil
                    )
                }
            }
        ]
    )
}
