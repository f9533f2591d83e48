// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation

/// A report as it leaves: in the format that was asked for, with colour only on a terminal.
enum AuditPrinting {
    static func text(
        of report: AuditReport,
        as format: AuditReport.Format,
        failOn threshold: Severity,
        toFile: Bool
    ) throws -> String {
        switch format {
        case .text:
            if toFile { return TextReport(report).text }
            return TextReport(report, styled: styled).text
        case .json: return try JSONOutput.text(JSONReport(report)) + "\n"
        case .sarif: return try JSONOutput.text(SARIFReport(report)) + "\n"
        case .junit: return JUnitReport(report, failOn: threshold).text
        case .markdown: return MarkdownReport(report).text
        }
    }

    static func print(_ text: String) {
        Terminal.output.line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }

    private static func styled(_ text: String, _ style: TextReport.Style) -> String {
        switch style {
        case .error: Terminal.output.styled(text, .red)
        case .warning: Terminal.output.styled(text, .yellow)
        case .note, .place, .bold: Terminal.output.styled(text, .bold)
        case .rule, .dim: Terminal.output.styled(text, .dim)
        }
    }
}
