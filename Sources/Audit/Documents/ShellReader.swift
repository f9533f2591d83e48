// SPDX-License-Identifier: Apache-2.0

/// Reads the language of `sh` and `bash` as far as an audit needs it: which commands there are, with which words.
/// Nothing is put in for variables, which ``ShellSequences`` does; loops and conditions are read as the commands within
/// them. Takes any text; time is linear in its length.
package enum ShellReader {
    /// All commands of a text; what heredocs have stays with their redirections.
    package static func commands(_ source: SourceText) -> [ShellCommand] { commands(source, depth: 0) }

    /// The words of a text that is no command: only blanks part them.
    package static func words(_ source: SourceText) -> [ShellWord] {
        var tokens = ShellTokens(source, depth: depthLimit, isPlain: true)
        var words: [ShellWord] = []
        while let token = tokens.next() {
            if case .word(let word) = token { words.append(word) }
        }
        return words
    }

    /// How deep `$(…)` and `sh -c` in each other are looked into: each level reads its part of the text once more.
    /// What is deeper is marked, by ``ShellWord/isCut``.
    package static let depthLimit = 5

    /// Commands of one script that are looked at; what is behind them is marked, by ``ShellWord/isCut``.
    package static let countLimit = 50_000

    static func commands(_ source: SourceText, depth: Int) -> [ShellCommand] {
        var tokens = ShellTokens(source, depth: depth)
        var assembly = ShellAssembly()
        while assembly.commands.count <= countLimit, let token = tokens.next() { assembly.take(token) }
        assembly.finish(.end)
        assembly.take(bodies: tokens.bodies)
        return assembly.commands
    }
}

extension ShellWord {
    /// `NAME=value` and `NAME+=value` before a command, and in `export`, `env` and `-e`; also `NAME[0]=value`.
    package var assignment: ShellCommand.Assignment? {
        let bytes = text.utf8
        guard let first = bytes.first, !(0x30...0x39).contains(first) else { return nil }
        let nameEnd = bytes.firstIndex { !Unicode.Scalar($0).isName } ?? bytes.endIndex
        var end = nameEnd
        if end < bytes.endIndex, bytes[end] == UInt8(ascii: "["), let close = bytes.firstIndex(of: UInt8(ascii: "]")) {
            end = bytes.index(after: close)
        }
        let isAppended = end > nameEnd || bytes[end...].starts(with: "+=".utf8)
        if bytes[end...].first == UInt8(ascii: "+") { end = bytes.index(after: end) }
        guard nameEnd > bytes.startIndex, bytes[end...].first == UInt8(ascii: "=") else { return nil }
        let skipped = bytes.distance(from: bytes.startIndex, to: end) + 1
        var value = dropping(skipped)
        value.place.column = place.column.map { $0 + skipped }
        value.place.length = place.length.flatMap { $0 > skipped ? $0 - skipped : nil }
        let elements = end > nameEnd && bytes[nameEnd] == UInt8(ascii: "[") ? [value] : nil
        return .init(name: String(text[..<nameEnd]), value: value, elements: elements, isAppended: isAppended)
    }
}

extension Unicode.Scalar {
    /// Whether a shell's name may have it.
    var isName: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    /// Space or tab.
    var isBlank: Bool { self == " " || self == "\t" || self == "\r" }
}
