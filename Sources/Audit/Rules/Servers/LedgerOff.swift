// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverLedgerOff = Rule(
        id: "BKL-N010",
        title: "Audit log is off or has gaps",
        severity: .warning,
        why: "What was done with a stolen key cannot be told afterwards.",
        mend: "Drop `--ledger=false`; let requests be refused while the log cannot be written.",
        references: [.cwe(778), .owasp("A09:2025"), .sheet("BentoML: Implement API Authentication and Rate Limiting")],
        bad: [
            .script("buckler serve --ledger=false"),
            .script("buckler serve --ledger-on-failure=continue"),
            .script("buckler serve --ledger-allow=sampled:100"),
        ],
        good: [.script("buckler serve --ledger=true --ledger-on-failure=refuse"), .script("buckler serve")],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .buckler else { return }
                if let flag = command.flag("ledger"), !flag.isOn {
                    findings.add(flag.place, "buckler serve keeps no audit log")
                }
                if let flag = command.flag("ledger-on-failure"), let value = flag.value, value.text != "refuse" {
                    findings.add(flag.place, "buckler serve goes on while its audit log cannot be written")
                }
                if let flag = command.flag("ledger-allow"), let value = flag.value, value.text != "all" {
                    findings.add(
                        flag.place,
                        "the audit log has only \(Printed.quoted(value.text)) of what is allowed",
                        weaker: .note
                    )
                }
            }
        ]
    )
}
