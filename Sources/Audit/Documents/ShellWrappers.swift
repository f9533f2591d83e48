// SPDX-License-Identifier: Apache-2.0

/// Programs that run the program named in their arguments.
private struct Wrapper {
    /// Options that take the next word.
    var valued: Set<String> = []
    /// Words before the program that are no options, such as gosu's user.
    var operands = 0
    /// Whether `NAME=value` may stand before the program.
    var takesAssignments = false
    /// Whether the program is given more words than are written, unless `-I` says where.
    var addsWords = false
    /// Whether `-S` has the program with its words in one.
    var splits = false

    /// Also the last of options in a row, as in `-nu root`.
    func takesNext(_ option: String) -> Bool {
        if valued.contains(option) { return true }
        let isRow = option.utf8.count > 2 && !option.hasPrefix("--") && option.dropFirst().allSatisfy(\.isLowercase)
        return isRow && option.last.map { valued.contains("-\($0)") } ?? false
    }

    static let all: [String: Wrapper] = [
        "sudo": Wrapper(valued: ["-u", "-g", "-h", "-p", "-C", "-D", "--user", "--group"], takesAssignments: true),
        "doas": Wrapper(valued: ["-u", "-C"]),
        "env": Wrapper(valued: ["-u", "-C", "--unset", "--chdir"], takesAssignments: true, splits: true),
        "exec": Wrapper(valued: ["-a"]),
        "command": Wrapper(),
        "nohup": Wrapper(),
        "setsid": Wrapper(),
        "time": Wrapper(valued: ["-f", "-o"]),
        "nice": Wrapper(valued: ["-n"]),
        "ionice": Wrapper(valued: ["-c", "-n"]),
        "stdbuf": Wrapper(valued: ["-i", "-o", "-e"]),
        "timeout": Wrapper(valued: ["-k", "-s", "--kill-after", "--signal"], operands: 1),
        "tini": Wrapper(valued: ["-p", "-e"]),
        "dumb-init": Wrapper(valued: ["-r", "--rewrite"]),
        "gosu": Wrapper(operands: 1),
        "su-exec": Wrapper(operands: 1),
        "runuser": Wrapper(valued: ["-u", "-g", "-G", "--user", "--group", "--supp-group"]),
        "xargs": Wrapper(valued: ["-n", "-P", "-I", "-L", "-d", "-a", "-s", "-E"], addsWords: true),
        "parallel": Wrapper(valued: ["-j", "-n", "-I", "-a"], addsWords: true),
        "busybox": Wrapper(),
        "builtin": Wrapper(),
        "chroot": Wrapper(operands: 1),
        "unshare": Wrapper(),
        "setpriv": Wrapper(),
        "nsenter": Wrapper(valued: ["-t", "-S", "-G", "--target"]),
        "screen": Wrapper(valued: ["-S", "-dmS", "-DmS", "-c", "-e", "-h", "-p", "-s", "-t", "-T"]),
        "flock": Wrapper(valued: ["-w", "-E"], operands: 1),
        "strace": Wrapper(valued: ["-o", "-e", "-p"]),
        "watch": Wrapper(valued: ["-n"]),
        "systemd-run": Wrapper(valued: ["-p", "-u", "-E"]),
    ]
}

extension ShellCommand {
    /// The command that is run in the end.
    func unwrapped() -> ShellCommand {
        var command = self
        // `$SUDO program`, where that is set elsewhere or to nothing.
        if let first = command.words.first, first.text.hasPrefix("$"), first.text.uppercased().contains("SUDO"),
            command.words.count > 1
        {
            command.wrappers.append(command.words.removeFirst())
        }
        while command.wrappers.count < ShellCommand.wrapperLimit, let wrapper = Wrapper.all[command.program] {
            var index = command.words.index(after: command.words.startIndex)
            var operands = wrapper.operands
            var isWhole = wrapper.splits
            while index < command.words.count {
                let word = command.words[index]
                if word.text == "--" {
                    index += 1
                    break
                }
                if isWhole, let (parts, next) = command.split(at: index) {
                    isWhole = false
                    command.words.replaceSubrange(index..<next, with: parts)
                } else if word.text.hasPrefix("-") {
                    index += wrapper.takesNext(word.text) ? 2 : 1
                } else if wrapper.takesAssignments, let assignment = word.assignment {
                    command.assignments.append(assignment)
                    index += 1
                } else if operands > 0 {
                    operands -= 1
                    index += 1
                } else {
                    break
                }
            }
            guard index < command.words.count else { return command }
            let name = command.words[0]
            let isPlaced = command.words[..<index].contains { $0.text.hasPrefix("-I") }
            if wrapper.addsWords, !isPlaced { command.words.append(ShellWord("{}", at: name.place, isExpanded: true)) }
            command.wrappers.append(name)
            command.wrapperOptions += command.words[1..<index]
            command.words.removeFirst(index)
        }
        return command
    }

    /// What `env -S` has, and the index behind it.
    private func split(at index: Int) -> (words: [ShellWord], next: Int)? {
        var (word, next) = (words[index], index + 1)
        if ["-S", "--split-string", "-iS", "-vS"].contains(word.text) {
            guard next < words.count else { return nil }
            (word, next) = (words[next], next + 1)
        } else if let prefix = ["-S", "--split-string="].first(where: word.text.hasPrefix) {
            word = word.dropping(prefix.utf8.count)
        } else {
            return nil
        }
        return (ShellReader.words(SourceText(word)), next)
    }

    /// More in a row than anyone writes; each takes words off the front.
    private static let wrapperLimit = 16

    /// What `sh -c` is given: the first word behind the options.
    var scriptIndex: Int? {
        guard let operand = operand(from: 1, valued: ShellCommand.valuedOptions) else { return nil }
        let isCommand = words[1..<operand].contains { word in
            word.text.hasPrefix("-") && !word.text.hasPrefix("--") && word.text.contains("c")
        }
        return isCommand ? operand : nil
    }

    /// Options of shells and interpreters that take the next word.
    static let valuedOptions: Set<String> = ["-o", "+o", "-O", "+O", "-eo", "-euo", "-euxo", "-W", "-X"]

    /// Programs that run what they read.
    package static let shells: Set<String> = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "fish"]
}

extension ShellReader {
    /// The sequences of commands that a text has, values of variables put in and wrappers taken off: first its own, then
    /// those of each `sh -c` and `$(…)` in it.
    package static func sequences(_ source: SourceText) -> [[ShellCommand]] { sequences(commands(source)) }

    package static func sequences(_ commands: [ShellCommand]) -> [[ShellCommand]] {
        sequences(commands, ShellVariables())
    }

    /// - Parameter variables: what is known before the first command.
    static func sequences(_ commands: [ShellCommand], _ variables: ShellVariables) -> [[ShellCommand]] {
        var sequences = ShellSequences(for: commands)
        var variables = variables
        sequences.read(commands, &variables)
        return sequences.all
    }
}

extension ShellCommand {
    var allWords: [ShellWord] { assignments.map(\.value) + words + redirections.map(\.target) }

    /// Bytes of what it is written as, or about as many.
    var size: Int {
        allWords.reduce(0) { $0 + $1.text.utf8.count } + redirections.reduce(0) { $0 + ($1.body?.scalars.count ?? 0) }
    }
}
