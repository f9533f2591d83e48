// SPDX-License-Identifier: Apache-2.0

/// Lines of a file, from 1.
package struct SourceLines: Sendable {
    /// A line and what ends it, which is nothing at the end of the text.
    struct Line: Sendable {
        var text: Substring
        var ending: Substring
    }

    /// The last is empty if the text ends with a line's ending.
    let all: [Line]

    package init() { all = [] }

    /// What ends a line, for whoever reads the text: places count by it.
    package enum Endings: Sendable {
        /// `\n`, and `\r\n`.
        case newlines
        /// A lone `\r` too, as Python has it.
        case returns
        /// Those that YAML's first version had.
        case yaml

        fileprivate func contains(_ character: Character) -> Bool {
            switch character {
            case "\n", "\r\n": true
            case "\r": self != .newlines
            case "\u{85}", "\u{2028}", "\u{2029}": self == .yaml
            default: false
            }
        }
    }

    package init(_ text: String, endings: Endings = .newlines) {
        var lines: [Line] = []
        var start = text.startIndex
        // A character, not a scalar: a carriage return and the newline behind it are one.
        for index in text.indices where endings.contains(text[index]) {
            let end = text.index(after: index)
            lines.append(Line(text: text[start..<index], ending: text[index..<end]))
            start = end
        }
        lines.append(Line(text: text[start...], ending: ""))
        all = lines
    }

    package subscript(number: Int?) -> Substring? {
        guard let number, number >= 1, number <= all.count else { return nil }
        return all[number - 1].text
    }
}
