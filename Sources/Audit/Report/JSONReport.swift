// SPDX-License-Identifier: Apache-2.0

/// A report for programs of one's own.
package struct JSONReport: Encodable {
    struct Entry: Encodable {
        var rule: String
        var title: String
        var severity: Severity
        var file: String
        var line: Int?
        var column: Int?
        var message: String
        var mend: String
        var canBeFixed: Bool
        var fingerprint: String
        /// `waived: …`, `baseline`; absent if the finding counts.
        var suppressed: String?
    }

    struct Problem: Encodable {
        var file: String
        var line: Int?
        var column: Int?
        var message: String
    }

    struct Summary: Encodable {
        var errors: Int
        var warnings: Int
        var notes: Int
        var files: Int
    }

    var version: String
    var profile: AuditProfile
    var summary: Summary
    var findings: [Entry]
    var unreadable: [Problem]

    package init(_ report: AuditReport) {
        version = report.version
        profile = report.profile
        summary = Summary(
            errors: report.count(.error),
            warnings: report.count(.warning),
            notes: report.count(.note),
            files: report.filesRead
        )
        findings = report.entries.map { entry in
            let finding = entry.finding
            let rule = report.rule(finding.rule)
            return Entry(
                rule: finding.rule,
                title: rule?.title ?? "",
                severity: finding.severity,
                file: finding.place.file,
                line: finding.place.line,
                column: finding.place.column,
                message: finding.message,
                mend: rule?.mend ?? "",
                canBeFixed: finding.fix != nil,
                fingerprint: finding.fingerprint,
                suppressed: entry.suppression?.text
            )
        }
        unreadable = report.unreadable.map {
            Problem(file: $0.place.file, line: $0.place.line, column: $0.place.column, message: $0.message)
        }
    }
}

extension Suppression {
    var text: String {
        switch self {
        case .waived(let reason): "waived: \(reason)"
        case .baseline: "baseline"
        }
    }
}
