// SPDX-License-Identifier: Apache-2.0

/// How severe each rule's findings are, by profile: the one table that reports and loads go by.
package enum RuleSeverities {
    package static func severity(of rule: Rule, in profile: AuditProfile) -> Severity {
        switch profile {
        case .secure: rule.severity
        case .triton: triton[rule.id] ?? min(rule.severity, isAboutModels(rule) ? .warning : .error)
        }
    }

    /// What stays an error for an ordinary Triton repository, and what is less there than a warning.
    private static let triton: [String: Severity] = [:]

    /// Whether a load looks at it: `M`, `R`, `E` and `P`.
    package static func isAboutModels(_ rule: Rule) -> Bool {
        rule.checks.contains { check in
            switch check {
            case .modelDirectory, .modelConfig, .modelFile, .python: true
            default: false
            }
        }
    }
}
