// SPDX-License-Identifier: Apache-2.0

/// A report as JUnit's XML, for continuous integration: a file is a suite, a finding is a failed case.
package struct JUnitReport {
    private let report: AuditReport
    private let threshold: Severity

    /// - Parameter threshold: what is below it is told, but is no failure.
    package init(_ report: AuditReport, failOn threshold: Severity) {
        self.report = report
        self.threshold = threshold
    }

    package var text: String {
        let findings = Dictionary(grouping: report.entries, by: \.finding.place.file)
        let problems = Dictionary(grouping: report.unreadable, by: \.place.file)
        let files = Set(findings.keys).union(problems.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites name=\"buckler audit\">"]
        for file in files { lines += suite(file, findings[file] ?? [], problems[file] ?? []) }
        if files.isEmpty {
            lines.append("  <testsuite name=\"all files\" tests=\"1\" failures=\"0\" errors=\"0\">")
            lines.append("    <testcase classname=\"buckler\" name=\"no findings\"/>")
            lines.append("  </testsuite>")
        }
        return lines.joined(separator: "\n") + "\n</testsuites>\n"
    }

    private func suite(_ file: String, _ entries: [AuditReport.Entry], _ problems: [Unreadable]) -> [String] {
        let failures = entries.count { isFailure($0) }
        let count = entries.count + problems.count
        var lines = [
            "  <testsuite name=\"\(Self.escaped(file))\" tests=\"\(count)\" failures=\"\(failures)\""
                + " errors=\"\(problems.count)\">"
        ]
        for entry in entries { lines += testCase(entry) }
        for problem in problems {
            lines.append("    <testcase classname=\"\(Self.escaped(file))\" name=\"readable\">")
            lines.append("      <error message=\"\(Self.escaped(problem.message))\"/>")
            lines.append("    </testcase>")
        }
        return lines + ["  </testsuite>"]
    }

    private func testCase(_ entry: AuditReport.Entry) -> [String] {
        let finding = entry.finding
        let name = Self.escaped("\(finding.rule) \(TextReport.place(finding.place))")
        let text = Self.escaped("\(finding.severity.rawValue): \(finding.message)")
        let outcome: String
        if let suppression = entry.suppression {
            outcome = "<skipped message=\"\(Self.escaped(suppression.text))\"/>"
        } else if isFailure(entry) {
            outcome = "<failure type=\"\(finding.severity.rawValue)\" message=\"\(text)\"/>"
        } else {
            outcome = "<system-out>\(text)</system-out>"
        }
        return [
            "    <testcase classname=\"\(Self.escaped(finding.place.file))\" name=\"\(name)\">",
            "      \(outcome)",
            "    </testcase>",
        ]
    }

    private func isFailure(_ entry: AuditReport.Entry) -> Bool {
        entry.suppression == nil && entry.finding.severity >= threshold
    }

    /// XML 1.0 has no place for controls, however they are written.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
