// SPDX-License-Identifier: Apache-2.0

/// `Docs/Rules.md`: all rules as one page, made from the rules themselves.
package enum RuleDocument {
    private static let rooms: [(letter: Character, title: String)] = [
        ("M", "Model files"), ("R", "Model repositories"), ("E", "Ensembles"), ("P", "Python code"), ("B", "Packaging"),
        ("S", "Services"), ("D", "Containers"), ("N", "Servers and their command lines"),
    ]

    package static var text: String {
        var parts = [head, table]
        for (letter, title) in rooms {
            parts.append("## \(title)\n")
            parts += rules(of: letter).map(section)
        }
        return parts.joined(separator: "\n")
    }

    private static let head = """
        # Rules

        What `buckler audit` looks for, and what a load is refused for. This page is made from the rules
        (`BUCKLER_WRITE_DOCS=1 swift test --filter RuleDocument`). `buckler audit --explain BKL-D001` prints one of them.

        An error is unsafe as it stands: a load that has one is refused. A warning is unsafe in some surroundings, or a guard
        that is missing here and may stand elsewhere. The second column holds for `--profile triton`, where an ordinary
        Triton repository has to load. `--admission-policy` changes what a finding means for a load, rule by rule.

        """

    private static var table: String {
        var lines = ["| rule | default | triton | what |", "|---|---|---|---|"]
        for (letter, _) in rooms {
            for rule in rules(of: letter) {
                let severities = AuditProfile.allCases.map { RuleSeverities.severity(of: rule, in: $0).rawValue }
                let link = "[\(rule.id)](#\(rule.id.lowercased()))"
                lines.append(
                    "| \(link) | \(severities.joined(separator: " | ")) | \(MarkdownReport.escaped(rule.title)) |"
                )
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rules(of letter: Character) -> [Rule] {
        RuleTable.all.filter { $0.id.dropFirst(4).first == letter }.sorted { $0.id < $1.id }
    }

    private static func section(_ rule: Rule) -> String {
        var lines = [
            "### \(rule.id)", "**\(MarkdownReport.escaped(rule.title)).** \(MarkdownReport.escaped(rule.why))", "",
            "Mend: \(MarkdownReport.escaped(rule.mend))", "",
            "Looks at \(rule.subjects.joined(separator: "; ")).",
        ]
        if !rule.references.isEmpty { lines.append(rule.references.map(\.text).joined(separator: " · ")) }
        if let example = rule.bad.lazy.compactMap(\.shown).first {
            lines += ["", "Found:", "", "````text", example, "````"]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
