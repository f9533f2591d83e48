// SPDX-License-Identifier: Apache-2.0

/// All certain mends of one file, as one change.
package struct FixPlan: Sendable {
    package var file: String
    /// What is mended, in the order of the lines.
    package private(set) var titles: [String] = []
    private let lines: [SourceLines.Line]
    private let ending: Substring
    private let endsWithNewline: Bool
    /// In the order of the lines; none overlap.
    private var edits: [Fix.Edit] = []
    private let secretLines: Set<Int>

    /// - Parameters:
    ///   - text: of the file, as it was audited.
    ///   - secretLines: numbers of lines that the diff does not repeat, the first being 1.
    package init(file: String, text: String, fixes: [Fix], secretLines: Set<Int> = []) {
        self.file = file
        self.secretLines = secretLines
        var lines = SourceLines(text, endings: .init(ofFileAt: file)).all
        ending = lines.first { !$0.ending.isEmpty }?.ending ?? "\n"
        endsWithNewline = lines.last?.text.isEmpty == true
        if endsWithNewline { lines.removeLast() }
        self.lines = lines
        for fix in fixes { take(fix) }
        edits.sort { ($0.lines.lowerBound, $0.lines.upperBound) < ($1.lines.lowerBound, $1.lines.upperBound) }
    }

    package var isEmpty: Bool { edits.isEmpty }

    /// A fix is taken whole or, if others have changed the same lines, not at all: the next audit finds it again.
    private mutating func take(_ fix: Fix) {
        let isWithin = fix.edits.allSatisfy {
            $0.lines.lowerBound >= 1 && $0.lines.upperBound <= lines.count + 1
        }
        guard isWithin, !fix.edits.isEmpty, !fix.edits.allSatisfy({ edits.contains($0) }) else { return }
        for edit in fix.edits where edits.contains(where: { Self.overlap($0.lines, edit.lines) }) { return }
        edits += fix.edits
        titles.append(fix.title)
    }

    /// Two insertions at one place overlap too: which comes first would be chance.
    private static func overlap(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        left.lowerBound == right.lowerBound || left.overlaps(right)
    }

    /// The file's new text. Lines keep their endings, and new ones get the first's.
    package var result: String {
        var new: [SourceLines.Line] = []
        var next = 1
        for edit in edits {
            new += lines[(next - 1)..<(edit.lines.lowerBound - 1)]
            new += edit.replacement.map { SourceLines.Line(text: $0[...], ending: ending) }
            next = edit.lines.upperBound
        }
        new += lines[(next - 1)...]
        var text = ""
        for (index, line) in new.enumerated() {
            text += line.text
            if index < new.count - 1 || endsWithNewline { text += line.ending.isEmpty ? ending : line.ending }
        }
        return text
    }

    /// As `diff -u` prints it, with three lines around each change, and without the secrets in them.
    package var diff: String {
        var text = "--- \(Printed.cut(file, limit: 1000))\n+++ \(Printed.cut(file, limit: 1000))\n"
        var shift = 0
        for hunk in hunks() {
            let old = hunk.range
            let added = hunk.edits.reduce(0) { $0 + $1.replacement.count - $1.lines.count }
            text += "@@ -\(old.lowerBound),\(old.count) +\(old.lowerBound + shift),\(old.count + added) @@\n"
            shift += added
            var next = old.lowerBound
            for edit in hunk.edits {
                text += shown(next..<edit.lines.lowerBound, after: " ")
                text += shown(edit.lines, after: "-")
                text += edit.replacement.map { "+\(Credentials.concealed(in: $0.unicodeScalars))\n" }.joined()
                next = edit.lines.upperBound
            }
            text += shown(next..<old.upperBound, after: " ")
        }
        return text
    }

    private func shown(_ numbers: Range<Int>, after mark: String) -> String {
        numbers.map { number in
            let text = lines[number - 1].text
            let isSecret = secretLines.contains(number)
            return mark + (isSecret ? Self.hidden(text) : Credentials.concealed(in: text.unicodeScalars)) + "\n"
        }
        .joined()
    }

    /// How far a line is indented, and that there is more.
    private static func hidden(_ line: Substring) -> String { line.prefix { $0 == " " || $0 == "\t" } + "***" }

    private func hunks() -> [(range: Range<Int>, edits: [Fix.Edit])] {
        var hunks: [(range: Range<Int>, edits: [Fix.Edit])] = []
        for edit in edits {
            let start = max(1, edit.lines.lowerBound - 3)
            let end = min(lines.count + 1, edit.lines.upperBound + 3)
            if let last = hunks.last, start <= last.range.upperBound {
                hunks[hunks.count - 1].range = last.range.lowerBound..<max(end, last.range.upperBound)
                hunks[hunks.count - 1].edits.append(edit)
            } else {
                hunks.append((start..<end, [edit]))
            }
        }
        return hunks
    }
}
