// SPDX-License-Identifier: Apache-2.0

/// Commands that another runs: `sh -c '…'`, `eval`, `ssh host '…'`, `find -exec`, and what a shell reads.
struct ShellWithin {
    private enum Content {
        case text(SourceText)
        case command(ShellCommand)
    }

    private var content: Content
    /// The words of the command that are read as this.
    var words: Range<Int>

    private init(_ content: Content, words: Range<Int>) {
        self.content = content
        self.words = words
    }

    func commands(depth: Int) -> [ShellCommand] {
        switch content {
        case .text(let text): ShellReader.commands(text, depth: depth)
        case .command(let command): [command]
        }
    }

    /// Those of the last of some commands, whose output it may read.
    static func all(of commands: [ShellCommand]) -> [ShellWithin] {
        guard let command = commands.last, !command.words.isEmpty else { return [] }
        switch command.program {
        case let program where ShellCommand.shells.contains(program):
            if let index = command.scriptIndex { return word(index, of: command) }
            return command.readsScript ? read(by: commands) : []
        case "eval": return joined(from: 1, of: command)
        case "trap": return command.words.count > 2 ? word(1, of: command) : []
        case "su", "runuser", "script", "sg":
            guard let index = command.index(behind: "c", "--command") else { return read(by: commands) }
            return word(index, of: command)
        case "ssh":
            let host = command.operand(from: 1, valued: sshOptions)
            guard let host, host + 1 < command.words.count else { return read(by: commands) }
            return joined(from: host + 1, of: command)
        case "tmux": return window(of: command)
        case "sudo", "at", "batch": return read(by: commands)
        case "find": return executed(by: command)
        case "cat", "tee": return written(by: command)
        default: return []
        }
    }

    private static let sshOptions: Set<String> = [
        "-B", "-b", "-c", "-D", "-E", "-e", "-F", "-I", "-i", "-J", "-L", "-l", "-m", "-O", "-o", "-p", "-Q", "-R",
        "-S", "-W", "-w",
    ]

    /// What `tmux new-session` and the like start, or have typed.
    private static func window(of command: ShellCommand) -> [ShellWithin] {
        guard let verb = command.operand(from: 1, valued: ["-L", "-S", "-f"]),
            ["new", "neww", "new-session", "new-window", "split-window", "splitw", "respawn-pane", "send-keys", "send"]
                .contains(command.words[verb].text)
        else { return [] }
        let valued: Set<String> = ["-c", "-e", "-F", "-f", "-l", "-n", "-s", "-t", "-x", "-y"]
        return command.operand(from: verb + 1, valued: valued).map { joined(from: $0, of: command) } ?? []
    }

    private static func word(_ index: Int, of command: ShellCommand) -> [ShellWithin] {
        guard command.words.indices.contains(index) else { return [] }
        return [ShellWithin(.text(SourceText(command.words[index])), words: index..<(index + 1))]
    }

    /// The words with blanks between them.
    private static func joined(from start: Int, of command: ShellCommand) -> [ShellWithin] {
        guard start < command.words.count else { return [] }
        let text = SourceText(command.words[start...], separator: " ")
        return [ShellWithin(.text(text), words: start..<command.words.count)]
    }

    /// `-exec command {} ;`, as often as it is there.
    private static func executed(by command: ShellCommand) -> [ShellWithin] {
        var found: [ShellWithin] = []
        var start: Int?
        for (index, word) in command.words.enumerated() {
            if let first = start, word.text == ";" || word.text == "+" || index == command.words.count - 1 {
                let end = word.text == ";" || word.text == "+" ? index : index + 1
                let inner = ShellCommand(Array(command.words[first..<end]))
                found += inner.map { [ShellWithin(.command($0), words: first..<end)] } ?? []
                start = nil
            } else if start == nil, ["-exec", "-execdir", "-ok", "-okdir"].contains(word.text) {
                start = index + 1
            }
        }
        return found
    }

    /// A script that is written out where it is put into a file.
    private static func written(by command: ShellCommand) -> [ShellWithin] {
        let files = command.redirections.filter { $0.symbol.hasPrefix(">") }.map(\.target) + command.arguments
        return command.redirections.compactMap(\.body).filter { body in
            ShellScriptText.isScript(body) || files.contains { FileKinds.isShell(path: $0.text) }
        }.map { ShellWithin(.text($0), words: 0..<0) }
    }

    private static func read(by commands: [ShellCommand]) -> [ShellWithin] {
        input(of: commands).map { ShellWithin(.text($0), words: 0..<0) }
    }

    /// What the last command reads, if that is written there.
    static func input(of commands: [ShellCommand]) -> [SourceText] {
        guard let command = commands.last else { return [] }
        for redirection in command.redirections.reversed() {
            if let body = redirection.body { return [body] }
            if redirection.symbol == "<<<" { return [SourceText(redirection.target)] }
        }
        // More that print for one shell than anyone writes are left alone.
        let printed = commands.dropLast().suffix(64).reversed().prefix { $0.connector == .pipe }
        var texts: [SourceText] = []
        for command in printed where command.program != "tee" {
            guard let text = command.printed else { break }
            texts.append(text)
        }
        return texts.reversed()
    }
}

/// Tells shell scripts that stand in other texts.
enum ShellScriptText {
    /// By its first line.
    static func isScript(_ text: SourceText) -> Bool {
        program(text).map { ShellCommand.shells.contains($0) } ?? false
    }

    /// The program that the first line names.
    static func program(_ text: SourceText) -> String? {
        let first = text.scalars.prefix(200).prefix { $0 != "\n" && $0 != "\r" }
        guard first.starts(with: "#!".unicodeScalars) else { return nil }
        let names = first.dropFirst(2).split(whereSeparator: \.isBlank).map {
            ShellCommand.baseName(String(String.UnicodeScalarView($0)))
        }
        // `env` may set variables before it, and busybox has its shell's name behind its own.
        return names.first { !["env", "busybox"].contains($0) && !$0.hasPrefix("-") && !$0.contains("=") }
    }
}

extension ShellCommand {
    /// What it prints, if that is written there.
    fileprivate var printed: SourceText? {
        switch program {
        case "echo":
            return echoed.isEmpty ? nil : SourceText(echoed, separator: " ")
        case "printf":
            guard words.count > 1, let first = words[1].text.unicodeScalars.first else { return nil }
            // A form that is more than a place for what follows is itself printed.
            let isForm = first == "%" && words.count > 2
            return SourceText(words[(isForm ? 2 : 1)...], separator: "\n")
        case "cat":
            return redirections.compactMap(\.body).last
                ?? redirections.last { $0.symbol == "<<<" }.map { SourceText($0.target) }
        default: return nil
        }
    }

    /// What `echo` prints.
    var echoed: ArraySlice<ShellWord> {
        arguments.drop { ["-n", "-e", "-E", "-ne", "-en"].contains($0.text) }
    }

    /// Whether a shell, or the like, reads what it runs.
    var readsScript: Bool {
        if has("-s") { return true }
        guard let first = operand(from: 1, valued: ShellCommand.valuedOptions) else { return true }
        return ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].contains(words[first].text)
    }

    /// The first word that is neither an option nor an option's value.
    func operand(from start: Int, valued: Set<String>) -> Int? {
        var index = start
        while index < words.count {
            let text = words[index].text
            if text == "--" { return index + 1 < words.count ? index + 1 : nil }
            guard text.utf8.count > 1, text.hasPrefix("-") || text.hasPrefix("+") else { return index }
            index += valued.contains(text) ? 2 : 1
        }
        return nil
    }

    /// The word that an option takes: by its letter, which may stand in a row of others, or by its name.
    fileprivate func index(behind letter: Character, _ name: String) -> Int? {
        let option = words.indices.dropFirst().first { index in
            let text = words[index].text
            return text == name || (text.hasPrefix("-") && !text.hasPrefix("--") && text.last == letter)
        }
        return option.flatMap { $0 + 1 < words.count ? $0 + 1 : nil }
    }
}

extension SourceText {
    /// The text within a word: its place is that of the word, since quotes and escapes are gone.
    init(_ word: ShellWord) { self.init(CollectionOfOne(word)[...], separator: "") }

    init(_ words: some Sequence<ShellWord>, separator: String) {
        self.init(file: words.first { _ in true }?.place.file ?? "")
        for word in words {
            let (line, column) = (word.place.line ?? 0, word.place.column ?? 0)
            if !isEmpty { append(separator.unicodeScalars, line: line, column: column) }
            append(word.text.unicodeScalars, line: line, column: column)
        }
    }
}
