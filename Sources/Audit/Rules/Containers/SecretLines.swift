// SPDX-License-Identifier: Apache-2.0

/// Lines of a file of settings, of whatever kind: `NAME=value`, `name: value`, `"name": "value"`.
enum SecretLines {
    struct Line {
        var name: String
        var value: String
        /// Whether `=` is between them.
        var isAssigned: Bool
        var place: Place
    }

    /// Scalars of a line that are looked at.
    private static let lengthLimit = 4096

    static func all(in text: SourceText) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while start < text.scalars.count {
            let end = text.scalars[start...].firstIndex(of: "\n") ?? text.scalars.count
            let line = text.string(start..<min(end, start + lengthLimit)).trimmingBlanks
            if let found = self.line(line, at: text.place(start)) { lines.append(found) }
            start = end + 1
        }
        return lines
    }

    private static func line(_ text: String, at place: Place) -> Line? {
        if text.hasPrefix("-----BEGIN") { return Line(name: "PEM", value: text, isAssigned: true, place: place) }
        guard let sign = text.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
        var name = String(text[..<sign]).trimmingBlanks
        for prefix in ["export ", "- ", "ENV ", "set "] where name.hasPrefix(prefix) {
            name = String(name.dropFirst(prefix.count)).trimmingBlanks
        }
        let isName =
            !name.isEmpty && name.utf8.count <= 100
            && name.unicodeScalars.allSatisfy { $0.isName || $0 == "-" || $0 == "." }
        let rest = String(text[text.index(after: sign)...]).trimmingBlanks
        let value = rest.hasSuffix(",") ? String(rest.dropLast()).trimmingBlanks : rest
        // What is called, indexed or put together is a program's.
        guard isName, !value.contains(where: { "([{ ".contains($0) }) else { return nil }
        return Line(name: name, value: value, isAssigned: text[sign] == "=", place: place)
    }
}
