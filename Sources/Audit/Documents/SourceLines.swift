// SPDX-License-Identifier: Apache-2.0

/// Lines of a file, from 1.
package struct SourceLines: Sendable {
    /// A line and what ends it: `\n`, `\r\n`, `\r`, or nothing at the end of the text.
    struct Line: Sendable {
        var text: Substring
        var ending: Substring
    }

    /// The last is empty if the text ends with a line's ending.
    let all: [Line]

    package init() { all = [] }

    package init(_ text: String) {
        var lines: [Line] = []
        var start = text.startIndex
        // A character, not a scalar: a carriage return and the newline behind it are one.
        for index in text.indices where ["\n", "\r\n", "\r"].contains(text[index]) {
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
