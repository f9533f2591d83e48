// SPDX-License-Identifier: Apache-2.0

/// A report for people: each finding with its line and a caret, then the sum.
package struct TextReport {
    /// What a part of the text is, so that a terminal may colour it.
    package enum Style { case error, warning, note, place, rule, dim, bold }

    private let report: AuditReport
    private let styled: (String, Style) -> String

    /// - Parameter styled: paints a part; returns it as it is where there is no colour.
    package init(_ report: AuditReport, styled: @escaping (String, Style) -> String = { text, _ in text }) {
        self.report = report
        self.styled = styled
    }

    package var text: String {
        let places = report.findings.map(\.place)
        var parts = report.findings.enumerated().map { index, found in
            // What is found at one place is told together, above its one line.
            finding(found, hasFrame: index + 1 == places.count || places[index + 1] != found.place)
        }
        parts += report.unreadable.map {
            "\(styled(Self.place($0.place), .place)): \(styled("unreadable", .error)): \($0.message)"
        }
        parts += report.expiredWaivers.map {
            "\(styled(Self.place($0.place), .place)): \(styled("warning", .warning)): "
                + "the waiver of \($0.rule) ended on \($0.expires)"
        }
        parts.append(styled(report.summary, .bold) + hint)
        return parts.joined(separator: "\n") + "\n"
    }

    private var hint: String {
        // The first of the worst.
        let worst = report.findings.map(\.severity).max()
        guard let rule = report.findings.first(where: { $0.severity == worst })?.rule else { return "" }
        return "\n" + styled("'buckler audit --explain \(rule)' says why, and what to write instead", .dim)
    }

    private func finding(_ finding: Finding, hasFrame: Bool) -> String {
        let severity = styled(finding.severity.rawValue, Self.style(finding.severity))
        let rule = styled("[\(finding.rule)]", .rule)
        var lines = ["\(styled(Self.place(finding.place), .place)): \(severity): \(finding.message) \(rule)"]
        if hasFrame, let excerpt = finding.excerpt, let line = finding.place.line {
            lines += frame(excerpt, line, finding.place)
        }
        if let fix = finding.fix { lines.append("    " + styled("--fix: ", .dim) + fix.title) }
        return lines.joined(separator: "\n")
    }

    private func frame(_ excerpt: String, _ line: Int, _ place: Place) -> [String] {
        let number = String(line)
        let margin = styled("\(number) | ", .dim)
        guard let column = place.column, column > 0, column <= excerpt.unicodeScalars.count else {
            return [margin + excerpt]
        }
        // Tabs stay tabs, so that the caret stands beneath what it points at.
        let indent = excerpt.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        let width = max(1, min(place.length ?? 1, excerpt.unicodeScalars.count - column + 1))
        let blank = styled(String(repeating: " ", count: number.count) + " | ", .dim)
        return [margin + excerpt, blank + indent + styled("^" + String(repeating: "~", count: width - 1), .error)]
    }

    static func place(_ place: Place) -> String {
        let numbers = [place.line, place.line == nil ? nil : place.column].compactMap { $0 }
        return ([Printed.cut(place.file, limit: 1000)] + numbers.map(String.init)).joined(separator: ":")
    }

    private static func style(_ severity: Severity) -> Style {
        switch severity {
        case .error: .error
        case .warning: .warning
        case .note: .note
        }
    }
}
