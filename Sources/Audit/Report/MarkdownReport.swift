// SPDX-License-Identifier: Apache-2.0

/// A report for the discussion of a change.
package struct MarkdownReport {
    private let report: AuditReport

    package init(_ report: AuditReport) { self.report = report }

    package var text: String {
        var lines = ["## buckler audit", "", Self.escaped(report.summary), ""]
        if !report.findings.isEmpty {
            lines += ["| | where | what | rule |", "|---|---|---|---|"]
            lines += report.findings.map { finding in
                let title = report.rule(finding.rule)?.title ?? ""
                return "| \(finding.severity.rawValue) | \(Self.code(TextReport.place(finding.place))) "
                    + "| \(Self.escaped(finding.message)) | \(finding.rule): \(Self.escaped(title)) |"
            }
            lines.append("")
        }
        if !report.unreadable.isEmpty {
            lines += ["| could not be read | why |", "|---|---|"]
            lines += report.unreadable.map {
                "| \(Self.code(TextReport.place($0.place))) | \(Self.escaped($0.message)) |"
            }
            lines.append("")
        }
        return lines.joined(separator: "\n")
    }

    /// What means something to Markdown, or to HTML in it, means nothing.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!", "@": result += "\\" + String(character)
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case _ where character.value < 0x20: result += " "
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func code(_ text: String) -> String {
        "`" + text.replacing("`", with: "'").replacing("|", with: "\\|") + "`"
    }
}
