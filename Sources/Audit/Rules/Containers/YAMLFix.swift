// SPDX-License-Identifier: Apache-2.0

extension Fix {
    /// Puts another value in a plain value's place; `nil` where the line does not have it, as with an anchor's.
    static func replace(_ value: String, at place: Place, with other: String, in lines: SourceLines) -> Fix? {
        guard let number = place.line, let column = place.column, let line = lines[number], column > 0 else {
            return nil
        }
        let scalars = line.unicodeScalars
        guard let start = scalars.index(scalars.startIndex, offsetBy: column - 1, limitedBy: scalars.endIndex) else {
            return nil
        }
        guard line[start...].hasPrefix(value) else { return nil }
        let end = scalars.index(start, offsetBy: value.unicodeScalars.count)
        let text = String(line[..<start]) + other + String(line[end...])
        return Fix("write \(Printed.quoted(other))", edits: [.init(lines: number..<(number + 1), replacement: [text])])
    }

    /// Turns a truth value around, whichever word says it.
    static func turn(_ value: Located<Bool>, in lines: SourceLines) -> Fix? {
        let words = value.value ? ["true", "True", "yes", "on"] : ["false", "False", "no", "off"]
        let other = value.value ? "false" : "true"
        return words.lazy.compactMap { replace($0, at: value.place, with: other, in: lines) }.first
    }

    /// Adds a line behind the one of a block's key, whose value is at a place; `nil` where the line is no block's.
    static func add(_ text: String, behind place: Place, key: String, in lines: SourceLines) -> Fix? {
        guard let number = place.line, let line = lines[number] else { return nil }
        let start = line.unicodeScalars.firstIndex { $0 != " " && $0 != "-" } ?? line.startIndex
        guard line[start...].hasPrefix(key + ":"), !line.contains("{"), !line.contains("[") else { return nil }
        let indent = String(repeating: " ", count: line.unicodeScalars.distance(from: line.startIndex, to: start))
        let edit = Edit(lines: (number + 1)..<(number + 1), replacement: [indent + text])
        return Fix("add \(Printed.quoted(text))", edits: [edit])
    }
}
