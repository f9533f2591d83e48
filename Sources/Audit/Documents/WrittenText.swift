// SPDX-License-Identifier: Apache-2.0

/// A file that a shell's commands have written out in them, for a program to read: of another language than theirs.
package struct WrittenText: Sendable {
    enum Kind: Sendable {
        case python
        /// YAML or JSON: manifests, compose files.
        case data
        case dockerfile
    }

    var kind: Kind
    var text: SourceText
    /// Whether it is told where it cannot be read: a text that is only printed, or put into a file with variables in it,
    /// is not what is read in the end.
    var isExact = true

    /// Those of the last of some commands, whose output it may read.
    static func all(of commands: ArraySlice<ShellCommand>) -> [WrittenText] {
        guard let command = commands.last, !command.words.isEmpty else { return [] }
        if command.program == "cat" || command.program == "tee" { return files(of: commands) }
        guard let kind = kind(readBy: command) else { return [] }
        let bodies = bodies(for: commands)
        guard bodies.isEmpty, kind == .data else { return bodies.map { WrittenText($0, kind) } }
        return ShellWithin.input(of: Array(commands.suffix(65))).map {
            WrittenText(kind: kind, text: $0, isExact: false)
        }
    }

    /// What a command takes its input for.
    private static func kind(readBy command: ShellCommand) -> Kind? {
        if FileKinds.isPython(interpreter: command.program), !command.program.hasPrefix("python2") {
            return command.readsScript ? .python : nil
        }
        if let call = KubectlCall(command) {
            guard ["apply", "create", "replace", "patch", "delete"].contains(call.verb) else { return nil }
            return command.readsInput(by: "-f", "--filename") ? .data : nil
        }
        if command.program == "helm" { return command.readsInput(by: "-f", "--values") ? .data : nil }
        guard let engine = EngineCommand(command) else { return nil }
        if command.program.hasSuffix("-compose") || command.has("compose", "stack") {
            return command.readsInput(by: "-f", "--file", "-c", "--compose-file") ? .data : nil
        }
        guard engine.verb == .build else { return nil }
        return command.has("-") || command.readsInput(by: "-f", "--file") ? .dockerfile : nil
    }

    /// Heredocs that a command reads, itself or from `cat` before it.
    private static func bodies(for commands: ArraySlice<ShellCommand>) -> [SourceText] {
        let before = commands.dropLast().suffix(8).reversed().prefix { $0.connector == .pipe }
        let printers = before.filter { ["cat", "tee", "envsubst", "sed"].contains($0.program) }
        return (commands.suffix(1) + printers).lazy.map(\.bodies).first { !$0.isEmpty } ?? []
    }

    /// What is put into files whose names say what they are.
    private static func files(of commands: ArraySlice<ShellCommand>) -> [WrittenText] {
        guard let command = commands.last else { return [] }
        let outputs = command.redirections.filter { $0.symbol.hasPrefix(">") }.map(\.target)
        let names = (outputs + (command.program == "tee" ? Array(command.arguments) : [])).map(\.text)
        return bodies(for: commands).compactMap { body in
            let isPython = ShellScriptText.program(body).map(FileKinds.isPython(program:)) == true
            let kind = isPython ? .python : names.lazy.compactMap(Self.kind(of:)).first
            return kind.map { WrittenText(body, $0) }
        }
    }

    private static func kind(of path: String) -> Kind? {
        let name = ShellCommand.baseName(path).lowercased()
        if FileKinds.isPython(path: name) { return .python }
        if FileKinds.yaml.contains(where: name.hasSuffix) { return .data }
        return FileKinds.isDockerfile(name: name) ? .dockerfile : nil
    }
}

extension WrittenText {
    /// - Parameter text: of a heredoc, in which a shell may put something.
    fileprivate init(_ text: SourceText, _ kind: Kind) {
        let isOpen = text.scalars.contains { $0 == "$" || $0 == "`" }
        self.init(kind: kind, text: text, isExact: kind == .python || !isOpen)
    }
}

extension ShellCommand {
    /// What heredocs have, without the tabs of `<<-`.
    fileprivate var bodies: [SourceText] {
        redirections.compactMap { redirection in
            redirection.symbol == "<<-" ? redirection.body?.withoutTabs : redirection.body
        }
    }

    /// Whether one of these options says that a file is the input: `-f -`, `-f-`, `--file=-`.
    fileprivate func readsInput(by options: String...) -> Bool {
        let inputs: Set<String> = ["-", "/dev/stdin", "/dev/fd/0"]
        return zip(words, words.dropFirst()).contains { word, next in
            options.contains { option in
                (word.text == option && inputs.contains(next.text)) || next.text == option + "=-"
                    || (option.utf8.count == 2 && next.text == option + "-")
            }
        }
    }
}

extension SourceText {
    /// Without the tabs before its lines.
    fileprivate var withoutTabs: SourceText {
        var result = SourceText(file: file)
        var start = 0
        while start < scalars.count {
            let end = scalars[start...].firstIndex(of: "\n").map { $0 + 1 } ?? scalars.count
            let first = scalars[start..<end].firstIndex { $0 != "\t" } ?? end
            let place = place(first)
            result.append(scalars[first..<end], line: place.line ?? 0, column: place.column ?? 0)
            start = end
        }
        return result
    }

    /// Without the lines of which a shell makes others: `$LABELS`, `$(cat more.yaml)`.
    var withoutOpenLines: SourceText {
        var result = SourceText(file: file)
        var start = 0
        while start < scalars.count {
            let end = scalars[start...].firstIndex(of: "\n").map { $0 + 1 } ?? scalars.count
            let first = scalars[start..<end].first { !$0.isBlank }
            let place = place(start)
            let kept = first == "$" || first == "`" ? (end - 1)..<end : start..<end
            result.append(scalars[kept], line: place.line ?? 0, column: place.column ?? 0)
            start = end
        }
        return result
    }

    /// A program's text in which a name stands for each thing that the shell puts in, of the same length.
    var named: String {
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            let end = expansion(at: index)
            if end == index { result.append(scalars[index]) }
            result.append(contentsOf: repeatElement("_", count: end - index))
            index = max(end, index + 1)
        }
        return String(result)
    }

    /// The index behind what the shell puts in there; `index` itself if it is nothing.
    private func expansion(at index: Int) -> Int {
        let next = index + 1 < scalars.count ? scalars[index + 1] : "\n"
        switch scalars[index] {
        case "\\" where next == "$" || next == "`": return index + 2
        case "$" where next == "{": return close("}", of: "{", from: index + 1)
        case "$" where next == "(": return close(")", of: "(", from: index + 1)
        case "$" where next.isName: return index + 1
        case "$" where "@*#?!-".unicodeScalars.contains(next): return index + 2
        case "`": return close("`", of: nil, from: index + 1)
        default: return index
        }
    }

    /// More than anyone writes in one.
    private static let expansionLimit = 256

    /// Behind the end of what is open, which is on the same line; behind its beginning if there is none.
    private func close(_ end: Unicode.Scalar, of opening: Unicode.Scalar?, from start: Int) -> Int {
        var depth = opening == nil ? 1 : 0
        for index in start..<min(scalars.count, start + Self.expansionLimit) {
            let scalar = scalars[index]
            if scalar == "\n" { break }
            if scalar == opening { depth += 1 } else if scalar == end { depth -= 1 }
            if depth == 0 { return index + 1 }
        }
        return start
    }
}
