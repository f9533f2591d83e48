// SPDX-License-Identifier: Apache-2.0

/// The lines of a Dockerfile, put together to instructions: continued lines are joined, comments and blank lines
/// between them left out.
struct DockerfileLines {
    let file: String
    private let lines: [Substring.UnicodeScalarView]
    private(set) var next = 0
    /// What continues a line at its end: `\`, or `` ` `` if the directive says so.
    var escape: Unicode.Scalar = "\\"

    init(_ text: String, file: String) {
        self.file = file
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            Substring(line.last == "\r" ? line.dropLast() : line).unicodeScalars
        }
    }

    /// The next line as it is, which a heredoc and the directives at the top are made of.
    mutating func line() -> (text: Substring.UnicodeScalarView, number: Int)? {
        guard next < lines.count else { return nil }
        next += 1
        return (lines[next - 1], next)
    }

    mutating func back() { next = max(0, next - 1) }

    /// The next instruction, from its keyword on.
    mutating func instruction() -> (text: SourceText, lines: Range<Int>)? {
        var text = SourceText(file: file)
        var first: Int?
        var end = next
        while next < lines.count {
            let line = lines[next]
            next += 1
            let content = line.drop(while: \.isBlank)
            if content.isEmpty || content.first == "#" { continue }
            let body = continued(line)
            let kept = first == nil ? (body ?? line).drop(while: \.isBlank) : (body ?? line)
            text.append(kept, line: next, column: line.count - line[kept.startIndex...].count + 1)
            first = first ?? next
            end = next
            if body == nil { break }
        }
        return first.map { (text, $0..<(end + 1)) }
    }

    /// A line without the escape that continues it.
    private func continued(_ line: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView? {
        var end = line.endIndex
        while end > line.startIndex, line[line.index(before: end)].isBlank { end = line.index(before: end) }
        guard end > line.startIndex, line[line.index(before: end)] == escape else { return nil }
        return line[..<line.index(before: end)]
    }
}
