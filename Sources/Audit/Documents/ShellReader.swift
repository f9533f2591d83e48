// SPDX-License-Identifier: Apache-2.0

/// Reads the language of `sh` as far as an audit needs it: which commands there are, with which words. Nothing is
/// expanded; loops and conditions are read as the commands within them. Takes any text; time is linear in its length.
package enum ShellReader {
    /// All commands of a text, those of heredocs left out.
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

    static func commands(_ source: SourceText, depth: Int) -> [ShellCommand] {
        var tokens = ShellTokens(source, depth: depth)
        var assembly = Assembly()
        while let token = tokens.next() { assembly.take(token) }
        assembly.finish(.end)
        return assembly.commands
    }
}

/// Puts tokens together to commands.
private struct Assembly {
    var commands: [ShellCommand] = []
    private var current: ShellCommand?
    private var redirection: String?

    /// Words of the grammar that a command may follow.
    private static let openers: Set<String> = [
        "if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "time", "fi", "done", "esac",
    ]

    mutating func take(_ token: ShellToken) {
        switch token {
        case .word(let word): take(word)
        case .redirection(let symbol, let place):
            begin(at: place)
            redirection = symbol
        case .connector(let connector): finish(connector)
        }
    }

    private mutating func begin(at place: Place) {
        if current == nil { current = ShellCommand(place: place) }
    }

    /// Changes the command in its place: a copy for each word would take quadratic time.
    private mutating func take(_ word: ShellWord) {
        begin(at: word.place)
        if let symbol = redirection {
            current?.redirections.append(.init(symbol: symbol, target: word))
            redirection = nil
        } else if current?.words.isEmpty == false {
            current?.words.append(word)
        } else if let assignment = word.assignment {
            current?.assignments.append(assignment)
        } else if !Self.openers.contains(word.text) {
            current?.place = word.place
            current?.words.append(word)
        }
    }

    mutating func finish(_ connector: ShellConnector) {
        defer { (current, redirection) = (nil, nil) }
        guard var command = current else { return }
        guard !command.words.isEmpty || !command.assignments.isEmpty || !command.redirections.isEmpty else { return }
        command.connector = connector
        commands.append(command)
    }
}

extension ShellWord {
    /// `NAME=value` before a command, and in `export`, `env` and `-e`.
    package var assignment: ShellCommand.Assignment? {
        guard let equals = text.unicodeScalars.firstIndex(of: "="), equals != text.startIndex else { return nil }
        let name = text[..<equals].unicodeScalars
        guard let first = name.first, !("0"..."9").contains(first), name.allSatisfy(\.isName) else { return nil }
        var value = self
        value.text = String(text[text.unicodeScalars.index(after: equals)...])
        value.place.column = place.column.map { $0 + name.count + 1 }
        value.place.length = place.length.flatMap { $0 > name.count + 1 ? $0 - name.count - 1 : nil }
        return .init(name: String(name), value: value)
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
