// SPDX-License-Identifier: Apache-2.0

/// Reads a Dockerfile as BuildKit does: directives, stages, arguments, heredocs.
package enum DockerfileReader {
    /// - Throws: for what is no Dockerfile: an unknown instruction, a heredoc without an end, no `FROM`.
    package static func read(
        _ text: String,
        file: String,
        limits: AuditLimits = .defaults
    ) throws(Unreadable) -> Dockerfile {
        var reading = DockerfileReading(text, file: file, limits: limits)
        try reading.read()
        return reading.dockerfile
    }
}

private struct DockerfileReading {
    var dockerfile: Dockerfile
    private var lines: DockerfileLines
    private let limits: AuditLimits
    private var variables = DockerVariables()
    private var sequences = ShellSequences()
    private var stageNames: [String: Int] = [:]
    private var count = 0

    static let keywords: Set<String> = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]
    /// Those that take `--flag`s.
    static let flagged: Set<String> = ["ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"]
    /// Those that take a JSON array.
    static let executed: Set<String> = ["ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"]
    /// Those in whose words Docker puts variables in; what `ENV` and `ARG` set stays as it is written.
    static let expanded: Set<String> = ["ADD", "COPY", "EXPOSE", "USER", "VOLUME", "WORKDIR"]
    static let withHeredocs: Set<String> = ["ADD", "COPY", "RUN"]

    init(_ text: String, file: String, limits: AuditLimits) {
        dockerfile = Dockerfile(path: file)
        let isMarked = text.unicodeScalars.first == "\u{FEFF}"
        lines = DockerfileLines(isMarked ? String(text.unicodeScalars.dropFirst()) : text, file: file)
        self.limits = limits
    }

    mutating func read() throws(Unreadable) {
        readDirectives()
        while let (text, range) = lines.instruction() {
            count += 1
            guard count <= limits.nodes else {
                throw Unreadable(text.place(0), "the file has more than \(limits.nodes) instructions")
            }
            if isTemplate(text) {
                dockerfile.isTemplate = true
            } else {
                try add(try instruction(text, range))
            }
        }
        guard !dockerfile.stages.isEmpty else {
            throw Unreadable(Place(dockerfile.path), "the file has no FROM")
        }
        dockerfile.variables = variables.known
    }

    /// `# name=value` lines at the top, until something else comes.
    private mutating func readDirectives() {
        while let (line, number) = lines.line() {
            let content = line.drop(while: \.isBlank)
            guard content.first == "#", let equals = content.firstIndex(of: "=") else { return lines.back() }
            let name = content[..<equals].dropFirst().filter { !$0.isBlank }
            guard !name.isEmpty, name.allSatisfy(\.isName) else { return lines.back() }
            let key = String(String.UnicodeScalarView(name)).lowercased()
            guard dockerfile.directives[key] == nil else { return lines.back() }
            let value = content[content.index(after: equals)...].filter { !$0.isBlank }
            if key == "escape", value.count == 1, value.first == "`" { lines.escape = "`" }
            let text = String(String.UnicodeScalarView(value))
            dockerfile.directives[key] = Located(text, at: Place(dockerfile.path, line: number, column: 1))
        }
    }

    /// Jinja's marks, as in BentoML's templates of Dockerfiles.
    private func isTemplate(_ text: SourceText) -> Bool {
        let start = text.scalars.prefix(2)
        return start.elementsEqual("{%".unicodeScalars) || start.elementsEqual("{#".unicodeScalars)
            || start.elementsEqual("{{".unicodeScalars)
    }

    private mutating func instruction(
        _ text: SourceText,
        _ range: Range<Int>,
        isOnBuild: Bool = false
    ) throws(Unreadable) -> DockerInstruction {
        let end = text.scalars.firstIndex(where: \.isBlank) ?? text.scalars.count
        let written = text.string(0..<end)
        let keyword = written.uppercased()
        let place = text.place(0, length: end)
        guard Self.keywords.contains(keyword) else {
            throw Unreadable(place, "\(Printed.quoted(written)) is no instruction of a Dockerfile")
        }
        let start = text.scalars[end...].firstIndex { !$0.isBlank } ?? text.scalars.count
        let rest = text.part(start..<text.scalars.count)
        if keyword == "ONBUILD", !isOnBuild { return try instruction(rest, range, isOnBuild: true) }
        var result = DockerInstruction(keyword: keyword, arguments: .text(rest), place: place, lines: range)
        result.isOnBuild = isOnBuild
        try complete(&result, rest)
        return result
    }

    private mutating func complete(_ result: inout DockerInstruction, _ rest: SourceText) throws(Unreadable) {
        var rest = rest
        if Self.flagged.contains(result.keyword) { rest = takeFlags(rest, into: &result) }
        if result.keyword == "HEALTHCHECK", let command = healthCommand(rest) { rest = command }
        result.arguments = .text(rest)
        if Self.executed.contains(result.keyword), let words = ExecForm.words(rest) {
            result.arguments = .exec(words)
        } else if Self.withHeredocs.contains(result.keyword) {
            for mark in HeredocMark.all(in: rest) { result.heredocs.append(try heredoc(mark, of: result)) }
            result.lines = result.lines.lowerBound..<(max(lines.next, result.lines.upperBound - 1) + 1)
        }
    }

    private func takeFlags(_ text: SourceText, into instruction: inout DockerInstruction) -> SourceText {
        var start = 0
        while start + 1 < text.scalars.count, text.scalars[start] == "-", text.scalars[start + 1] == "-" {
            let end = text.scalars[start...].firstIndex(where: \.isBlank) ?? text.scalars.count
            let equals = text.scalars[start..<end].firstIndex(of: "=")
            let value = equals.map {
                Located(text.string(($0 + 1)..<end), at: text.place($0 + 1, length: end - $0 - 1))
            }
            instruction.flags.append(.init(name: text.string((start + 2)..<(equals ?? end)), value: value))
            start = text.scalars[end...].firstIndex { !$0.isBlank } ?? text.scalars.count
        }
        return text.part(start..<text.scalars.count)
    }

    /// What follows `CMD`; nothing for `NONE`.
    private func healthCommand(_ text: SourceText) -> SourceText? {
        let end = text.scalars.firstIndex(where: \.isBlank) ?? text.scalars.count
        guard text.string(0..<end).uppercased() == "CMD" else { return nil }
        let start = text.scalars[end...].firstIndex { !$0.isBlank } ?? text.scalars.count
        return text.part(start..<text.scalars.count)
    }

    private mutating func heredoc(
        _ mark: HeredocMark,
        of instruction: DockerInstruction
    ) throws(Unreadable) -> DockerInstruction.Heredoc {
        var body = SourceText(file: dockerfile.path)
        while let (line, number) = lines.line() {
            let content = mark.isIndented ? line.drop { $0 == "\t" } : line
            if content.elementsEqual(mark.name.unicodeScalars) { return .init(name: mark.name, body: body) }
            body.append(content, line: number, column: line.count - content.count + 1)
            body.append(CollectionOfOne("\n"), line: number, column: line.count + 1)
        }
        throw Unreadable(instruction.place, "the heredoc \(Printed.quoted(mark.name)) has no end")
    }

    private mutating func add(_ instruction: DockerInstruction) throws(Unreadable) {
        if instruction.keyword == "FROM" { return try addStage(instruction) }
        if dockerfile.stages.isEmpty {
            if instruction.keyword == "ARG" {
                variables.takeGlobal(instruction)
                dockerfile.globalArguments.append(instruction)
                return
            }
            guard dockerfile.isTemplate else {
                throw Unreadable(instruction.place, "\(instruction.keyword) stands before the first FROM")
            }
            let image = Located("", at: instruction.place)
            dockerfile.stages.append(DockerStage(image: image, isOpen: true, place: instruction.place))
        }
        variables.take(instruction)
        var result = expanded(instruction)
        result.sequences = sequences(of: result)
        dockerfile.stages[dockerfile.stages.count - 1].instructions.append(result)
    }

    private mutating func sequences(of instruction: DockerInstruction) -> [[ShellCommand]] {
        switch instruction.keyword {
        case "RUN": return sequences(instruction.commands)
        case "ADD", "COPY":
            let target = instruction.words.last?.text ?? ""
            return instruction.heredocs.flatMap { heredoc in
                let isScript = [target, heredoc.name].contains(where: FileKinds.isShell(path:))
                guard isScript || ShellScriptText.isScript(heredoc.body) else { return [[ShellCommand]]() }
                return sequences(ShellReader.commands(heredoc.body))
            }
        default: return []
        }
    }

    private mutating func sequences(_ commands: [ShellCommand]) -> [[ShellCommand]] {
        let count = sequences.all.count
        var known = variables.known
        sequences.read(commands, &known)
        return Array(sequences.all[count...])
    }

    private mutating func expanded(_ instruction: DockerInstruction) -> DockerInstruction {
        guard Self.expanded.contains(instruction.keyword) || !instruction.flags.isEmpty else { return instruction }
        var result = instruction
        for index in result.flags.indices {
            guard let value = result.flags[index].value, value.value.contains("$") else { continue }
            let words = variables.expand(Array(ShellReader.words(SourceText(ShellWord(value.value, at: value.place)))))
            result.flags[index].value?.value = words.map(\.text).joined(separator: " ")
        }
        guard Self.expanded.contains(instruction.keyword) else { return result }
        let words = instruction.words
        if words.contains(where: { !$0.expansions.isEmpty }) { result.expandedWords = variables.expand(words) }
        return result
    }

    private mutating func addStage(_ instruction: DockerInstruction) throws(Unreadable) {
        let words = instruction.words
        guard let first = words.first else { throw Unreadable(instruction.place, "FROM names no image") }
        let image = variables.expandGlobal(first)
        var stage = DockerStage(image: image.located, isOpen: image.isExpanded, place: instruction.place)
        stage.parent = stageNames[image.text.lowercased()]
        variables.beginStage(parent: stage.parent, isFirst: dockerfile.stages.isEmpty)
        if words.count >= 3, words[1].text.uppercased() == "AS" {
            let name = words[2].text.lowercased()
            stage.name = name
            stageNames[name] = dockerfile.stages.count
        }
        dockerfile.stages.append(stage)
    }
}
