// SPDX-License-Identifier: Apache-2.0

/// What an audit has to say, ready to be printed in any of the formats.
package struct AuditReport: Sendable {
    package enum Format: String, Sendable, CaseIterable { case text, json, sarif, junit, markdown }

    /// A finding and whether it counts.
    package struct Entry: Sendable {
        package var finding: Finding
        /// Why it does not: a waiver, or the baseline; `nil` if it does.
        package var suppression: Suppression?
    }

    package var entries: [Entry]
    /// They no longer count: findings that they were about are there again.
    package var expiredWaivers: [Waiver]
    package var unreadable: [Unreadable]
    package var filesRead: Int
    package var profile: AuditProfile
    /// Of Buckler.
    package var version: String
    package var rules: [Rule]

    package init(
        _ result: AuditResult,
        suppressions: Suppressions = Suppressions(),
        profile: AuditProfile,
        version: String,
        today: String,
        rules: [Rule] = RuleTable.all
    ) {
        entries = zip(result.findings, suppressions.apply(to: result.findings, today: today)).map {
            Entry(finding: $0, suppression: $1)
        }
        expiredWaivers = suppressions.expired(today: today)
        unreadable = result.unreadable
        filesRead = result.filesRead
        self.profile = profile
        self.version = version
        self.rules = rules
    }

    /// Those that count.
    package var findings: [Finding] { entries.lazy.filter { $0.suppression == nil }.map(\.finding) }

    package func count(_ severity: Severity) -> Int { findings.count { $0.severity == severity } }

    /// 0 clean, 1 findings at or above `threshold`, 2 something could not be read.
    package func exitStatus(failOn threshold: Severity) -> Int32 {
        if !unreadable.isEmpty { return 2 }
        return findings.contains { $0.severity >= threshold } ? 1 : 0
    }

    func rule(_ id: String) -> Rule? { rules.first { $0.id == id } }

    /// `2 errors, 1 warning and 0 notes in 41 files`.
    var summary: String {
        func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        let counts = [Severity.error, .warning, .note].map { counted(count($0), $0.rawValue) }
        var text = "\(counts[0]), \(counts[1]) and \(counts[2]) in \(counted(filesRead, "file"))"
        let suppressed = entries.count { $0.suppression != nil }
        if suppressed > 0 { text += "; \(suppressed) more waived or in the baseline" }
        if !unreadable.isEmpty { text += "; \(counted(unreadable.count, "file")) could not be read" }
        return text
    }
}
