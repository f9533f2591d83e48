// SPDX-License-Identifier: Apache-2.0

/// Finds the second place of a key that stands twice in a YAML mapping. The parser names only the first.
enum RepeatedKey {
    /// - Parameters:
    ///   - line: of the key's first place, from 1.
    ///   - column: of the key's first place, from 1; the keys of a block mapping all begin there.
    /// - Returns: the line, from 1; `nil` if the mapping is one in braces, whose keys may stand anywhere.
    static func line(of key: String, after line: Int, column: Int, in text: String) -> Int? {
        guard !key.isEmpty, line > 0, column > 0 else { return nil }
        let lines = text.split(separator: /\r\n|\r|\n/, omittingEmptySubsequences: false)
        for (index, candidate) in lines.enumerated().dropFirst(line) {
            let indent = candidate.prefix { $0 == " " }.count
            let content = candidate.dropFirst(indent)
            if content.isEmpty || content.first == "#" { continue }
            if indent < column - 1 { return nil }
            if indent == column - 1, isKey(key, at: content) { return index + 1 }
        }
        return nil
    }

    private static func isKey(_ key: String, at content: Substring) -> Bool {
        for written in [key, "\"\(key)\"", "'\(key)'"] where content.hasPrefix(written) {
            if content.dropFirst(written.count).drop(while: { $0 == " " }).first == ":" { return true }
        }
        return false
    }
}
