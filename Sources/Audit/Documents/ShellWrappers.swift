// SPDX-License-Identifier: Apache-2.0

/// Programs that run the program named in their arguments.
private struct Wrapper {
    /// Options that take the next word.
    var valued: Set<String> = []
    /// Words before the program that are no options, such as gosu's user.
    var operands = 0
    /// Whether `NAME=value` may stand before the program.
    var takesAssignments = false

    static let all: [String: Wrapper] = [
        "sudo": Wrapper(valued: ["-u", "-g", "-h", "-p", "-C", "--user", "--group"], takesAssignments: true),
        "doas": Wrapper(valued: ["-u", "-C"]),
        "env": Wrapper(valued: ["-u", "-C", "--unset", "--chdir"], takesAssignments: true),
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
        "xargs": Wrapper(valued: ["-n", "-P", "-I", "-L", "-d", "-a"]),
    ]
}

extension ShellCommand {
    /// The command that is run in the end.
    func unwrapped() -> ShellCommand {
        var command = self
        while command.wrappers.count < ShellCommand.wrapperLimit, let wrapper = Wrapper.all[command.program] {
            var index = command.words.index(after: command.words.startIndex)
            var operands = wrapper.operands
            while index < command.words.count {
                let word = command.words[index]
                if word.text == "--" {
                    index += 1
                    break
                }
                if word.text.hasPrefix("-") {
                    index += wrapper.valued.contains(word.text) ? 2 : 1
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
            command.wrappers.append(command.words[0])
            command.words.removeFirst(index)
        }
        return command
    }

    /// More in a row than anyone writes; each takes words off the front.
    private static let wrapperLimit = 16

    /// What `sh -c` is given.
    var script: ShellWord? {
        guard ShellCommand.shells.contains(program) else { return nil }
        for (index, word) in words.enumerated().dropFirst() {
            guard let first = word.text.first, first == "-" || first == "+" else { return nil }
            let isCommand = !word.text.hasPrefix("--") && word.text.contains("c")
            if isCommand { return index + 1 < words.count ? words[index + 1] : nil }
            // `-o pipefail` and `-O` take a word.
            if word.text.hasSuffix("o") || word.text.hasSuffix("O") { return scriptAfterOption(index + 2) }
        }
        return nil
    }

    private func scriptAfterOption(_ start: Int) -> ShellWord? {
        guard start + 1 < words.count, words[start].text.hasPrefix("-"), words[start].text.contains("c") else {
            return nil
        }
        return words[start + 1]
    }

    /// Programs that run what they read.
    package static let shells: Set<String> = ["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"]
}

extension ShellReader {
    /// The sequences of commands that a text has, wrappers taken off: first its own, then those of each `sh -c` and
    /// `$(…)` in it.
    package static func sequences(_ source: SourceText) -> [[ShellCommand]] { sequences(commands(source)) }

    package static func sequences(_ commands: [ShellCommand]) -> [[ShellCommand]] {
        var result: [[ShellCommand]] = []
        var waiting: [(commands: [ShellCommand], depth: Int)] = [(commands, 0)]
        while let (commands, depth) = waiting.popLast() {
            var unwrapped = commands.map { $0.unwrapped() }
            for index in unwrapped.indices.reversed() {
                // What stands in a script is read with it, and not a second time by itself: that would double each level.
                if let script = unwrapped[index].script {
                    if depth + 1 < depthLimit {
                        waiting.append((self.commands(SourceText(script), depth: depth + 1), depth + 1))
                    } else {
                        unwrapped[index].words[0].isCut = true
                    }
                    continue
                }
                for word in unwrapped[index].allWords.reversed() where !word.inner.isEmpty {
                    waiting.append((word.inner, depth + 1))
                }
            }
            result.append(unwrapped)
        }
        return result
    }
}

extension ShellCommand {
    var allWords: [ShellWord] { assignments.map(\.value) + words + redirections.map(\.target) }
}

extension SourceText {
    /// The text within a word: its place is that of the word, since quotes and escapes are gone.
    init(_ word: ShellWord) {
        self.init(file: word.place.file)
        append(word.text.unicodeScalars, line: word.place.line ?? 0, column: word.place.column ?? 0)
    }
}
