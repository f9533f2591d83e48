// SPDX-License-Identifier: Apache-2.0

/// Reads commands as they are run: the values of variables put in, wrappers taken off, and with them the commands of each
/// `$(…)`, `sh -c` and the like in them.
struct ShellSequences {
    /// First a text's own commands, then those within them.
    private(set) var all: [[ShellCommand]] = []
    private var count = 0
    /// Bytes that values of variables may yet put in.
    private var room: Int

    /// - Parameter room: bytes that values of variables may put in, all in all.
    init(room: Int = 1 << 20) { self.room = room }

    /// Of many commands in one file, each by itself: as much as anyone means, and together no more than some times the
    /// file.
    init(for commands: [ShellCommand]) {
        self.init(room: min(max(1 << 12, 16 * commands.reduce(0) { $0 + $1.size }), 1 << 20))
    }

    /// - Parameter variables: what is known before the first command, and afterwards what it is behind the last.
    mutating func read(_ commands: [ShellCommand], _ variables: inout ShellVariables, depth: Int = 0) {
        let slot = all.count
        all.append([])
        var own: [ShellCommand] = []
        for command in commands {
            count += 1
            if count > ShellReader.countLimit {
                if count == ShellReader.countLimit + 1 { own.append(command.cut) }
                break
            }
            var resolved = resolve(command, variables)
            take(&resolved, into: &variables)
            own.append(resolved.unwrapped())
            let isWhole = readWithin(own, variables, depth: depth + 1)
            if !isWhole { own[own.count - 1].isCut = true }
        }
        all[slot] = own
    }

    private mutating func resolve(_ command: ShellCommand, _ variables: ShellVariables) -> ShellCommand {
        guard command.allWords.contains(where: { !$0.expansions.isEmpty }) else { return command }
        var resolved = command
        resolved.words = command.words.flatMap { variables.words($0, room: &room) }
        for index in resolved.redirections.indices {
            resolved.redirections[index].target = variables.text(resolved.redirections[index].target, room: &room)
        }
        // Those of a shell's own are put in when they are kept.
        for index in resolved.assignments.indices where !command.words.isEmpty {
            resolved.assignments[index].value = variables.text(resolved.assignments[index].value, room: &room)
        }
        // `$options` with nothing in them still stand for a command.
        if resolved.words.isEmpty { resolved.words = Array(command.words.prefix(1)) }
        return resolved
    }

    /// What the last command has within it, as the shell that runs it, or another, reads it.
    /// - Returns: whether all of it was read.
    private mutating func readWithin(_ commands: [ShellCommand], _ variables: ShellVariables, depth: Int) -> Bool {
        guard let command = commands.last else { return true }
        let within = ShellWithin.all(of: commands)
        // What stands in a script is read with it, and not a second time by itself: that would double each level.
        let covered = Set(within.flatMap(\.words))
        let others = command.words.indices.filter { !command.words[$0].inner.isEmpty && !covered.contains($0) }
        let words =
            others.map { command.words[$0] } + command.assignments.map(\.value) + command.redirections.map(\.target)
        guard depth < ShellReader.depthLimit else { return within.isEmpty && words.allSatisfy(\.inner.isEmpty) }
        for part in within {
            var inner = variables
            for assignment in command.assignments { set(assignment, of: command, &inner) }
            read(part.commands(depth: depth), &inner, depth: depth)
        }
        for word in words where !word.inner.isEmpty {
            var inner = variables
            read(word.inner, &inner, depth: depth)
        }
        return true
    }
}

/// What commands leave in variables.
extension ShellSequences {
    private mutating func take(_ command: inout ShellCommand, into variables: inout ShellVariables) {
        switch command.program {
        case "for" where command.words.count > 3 && command.words[2].text == "in":
            setLoop(command, &variables)
            return
        case "set":
            let start = command.words.firstIndex { $0.text == "--" }.map { $0 + 1 }
            if let start { variables.set("@", command.words[start...].map(\.text)) }
            return
        case "shift":
            if let given = variables["@"] { variables.set("@", Array(given.dropFirst())) }
            return
        case "cd", "pushd", "popd": variables.set("PWD", directory(behind: command, variables["PWD"]?.first))
        case "unset", "read":
            for word in command.arguments.prefix(64) { variables.set(word.text, nil) }
            return
        default: break
        }
        for assignment in command.settings {
            let hasRoom = set(assignment, of: command, &variables)
            if !hasRoom { command.isCut = true }
        }
    }

    /// Where a script is afterwards; `nil` where that is not known.
    private func directory(behind command: ShellCommand, _ before: String?) -> [String]? {
        guard command.program == "cd", !command.isInSubshell, command.connector != .pipe,
            let word = command.arguments.first(where: { !$0.text.hasPrefix("-") }), !word.isExpanded
        else { return nil }
        if word.text.hasPrefix("/") { return command.isConditional ? nil : [word.text] }
        guard let before, !command.isConditional, before.utf8.count < ShellVariables.lengthLimit else { return nil }
        return [before.hasSuffix("/") ? before + word.text : before + "/" + word.text]
    }

    /// One value, or options that are all tried.
    private func setLoop(_ command: ShellCommand, _ variables: inout ShellVariables) {
        let values = command.words[3...].map(\.text)
        let isKnown = values.count == 1 || values.allSatisfy { $0.hasPrefix("-") }
        variables.set(command.words[1].text, isKnown ? [values.joined(separator: " ")] : nil)
    }

    @discardableResult
    private mutating func set(
        _ assignment: ShellCommand.Assignment,
        of command: ShellCommand,
        _ variables: inout ShellVariables
    ) -> Bool {
        let old = variables[assignment.name]
        var new: [String]
        if let elements = assignment.elements {
            new = elements.flatMap { variables.words($0, room: &room).map(\.text) }
            if assignment.isAppended { new = (old ?? []) + new }
        } else {
            guard let text = variables.stored(assignment.value, room: &room) else {
                variables.set(assignment.name, nil)
                return false
            }
            new = [(assignment.isAppended ? old?.first ?? "" : "") + text]
        }
        let isUnknown = new == [ShellVariables.unknown]
        if command.isConditional, let old, isUnknown || Self.isOtherOption(new, than: old) {
            // The branch may not be taken: options of both are judged.
            new = isUnknown || new == [""] ? old : [(old + new).joined(separator: " ")]
        } else if isUnknown {
            return variables.set(assignment.name, nil)
        }
        return variables.set(assignment.name, new)
    }

    private static func isOtherOption(_ new: [String], than old: [String]) -> Bool {
        guard let first = new.first, let before = old.first, before.hasPrefix("-") else { return new == [""] }
        return first.isEmpty || (first.hasPrefix("-") && !first.contains(before))
    }
}
