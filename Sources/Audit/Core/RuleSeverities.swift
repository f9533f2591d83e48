// SPDX-License-Identifier: Apache-2.0

/// How severe each rule's findings are, by profile: the one table that reports and loads go by.
package enum RuleSeverities {
    package static func severity(of rule: Rule, in profile: AuditProfile) -> Severity {
        guard profile == .triton, isAboutModels(rule) else { return rule.severity }
        if let severity = triton[rule.id] { return min(rule.severity, severity) }
        return min(rule.severity, .warning)
    }

    /// Rules about models, where an ordinary Triton repository has to load: these keep their severity, and all others are
    /// warnings at most. Rules about what surrounds a server are the same in every profile.
    private static let triton: [String: Severity] = [
        // Pickles, and what may hold one unseen.
        "BKL-M001": .error, "BKL-M016": .error, "BKL-M020": .error,
        // Paths that leave the repository.
        "BKL-M007": .error, "BKL-R004": .error, "BKL-R018": .error,
        // Native libraries in the repository.
        "BKL-M002": .error,
        // Models that are malformed.
        "BKL-M005": .error, "BKL-M009": .error, "BKL-R001": .error,
        // What Triton's own examples leave out.
        "BKL-R002": .note,
    ]

    /// Whether a load looks at it.
    package static func isAboutModels(_ rule: Rule) -> Bool {
        rule.checks.contains { check in
            switch check {
            case .modelDirectory, .modelConfig, .modelFile, .python: true
            default: false
            }
        }
    }
}
