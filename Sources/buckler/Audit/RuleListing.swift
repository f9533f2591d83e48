// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation

/// `buckler audit --list` and `--explain`.
enum RuleListing {
    private struct Entry: Encodable {
        var id: String
        var title: String
        var severity: Severity
        var looksAt: [String]
        var why: String
        var mend: String
        var references: [String]
    }

    static func list(json: Bool, profile: AuditProfile) throws -> String {
        if json {
            let entries = RuleTable.all.map { rule in
                Entry(
                    id: rule.id,
                    title: rule.title,
                    severity: RuleSeverities.severity(of: rule, in: profile),
                    looksAt: rule.subjects,
                    why: rule.why,
                    mend: rule.mend,
                    references: rule.references.map(\.text)
                )
            }
            return try JSONOutput.text(entries)
        }
        var table = TextTable([("rule", .left), ("severity", .left), ("title", .left)])
        for rule in RuleTable.all {
            table.append([rule.id, RuleSeverities.severity(of: rule, in: profile).rawValue, rule.title])
        }
        return table.text
    }

    static func explanation(of rule: Rule) -> String {
        let terminal = Terminal.output
        let severities = AuditProfile.allCases.map {
            "\(RuleSeverities.severity(of: rule, in: $0).rawValue) (\($0.rawValue))"
        }
        var lines = [
            terminal.styled("\(rule.id)  \(rule.title)", .bold),
            "severity: " + severities.joined(separator: ", "),
            "looks at: " + rule.subjects.joined(separator: "; "),
            "", rule.why, "", terminal.styled("Mend", .bold), rule.mend,
        ]
        if let example = rule.bad.first?.shown { lines += ["", terminal.styled("Found", .bold), example] }
        if let example = rule.good.first?.shown { lines += ["", terminal.styled("Left alone", .bold), example] }
        lines += ["", terminal.styled("References", .bold), rule.references.map(\.text).joined(separator: "\n")]
        return lines.joined(separator: "\n")
    }
}
