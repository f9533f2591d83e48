// SPDX-License-Identifier: Apache-2.0

/// What a `RUN` is lent for its own time, `--mount=type=secret`, and which of it stays in the image.
struct MountedSecrets {
    private var paths: [String] = []
    /// Variables that have a secret.
    private var names: Set<String> = []
    private let commands: [[ShellCommand]]

    private static let countLimit = 64

    init(_ instruction: DockerInstruction) {
        for flag in instruction.flags where flag.name == "mount" && paths.count < Self.countLimit {
            let parts = (flag.value?.value ?? "").split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
            let pairs = parts.filter { $0.count == 2 }.map { (key: $0[0].lowercased(), value: String($0[1])) }
            func value(_ keys: String...) -> String? { pairs.first { keys.contains($0.key) }?.value }
            guard value("type") == "secret" else { continue }
            if let name = value("env") { names.insert(name) }
            paths.append(value("target", "dst", "destination") ?? "/run/secrets/" + (value("id") ?? ""))
        }
        commands = paths.isEmpty ? [] : instruction.sequences
    }

    /// Files into which commands put a secret, and which none of them removes.
    var kept: [(file: ShellWord, by: ShellCommand)] {
        guard !paths.isEmpty else { return [] }
        var found: [(file: ShellWord, by: ShellCommand)] = []
        for sequence in commands {
            for index in sequence.indices {
                for file in files(sequence, at: index) { found.append((file, sequence[index])) }
            }
        }
        let removed = Set(
            commands.joined().filter { ["rm", "shred", "unlink"].contains($0.program) }
                .flatMap(\.arguments).map(\.text)
        )
        return found.filter { !removed.contains($0.file.text) }
    }

    private static let printers: Set<String> = [
        "cat", "echo", "printf", "sed", "awk", "envsubst", "jq", "base64", "tr",
    ]

    /// What a command writes of a secret.
    private func files(_ sequence: [ShellCommand], at index: Int) -> [ShellWord] {
        let command = sequence[index]
        if ["cp", "mv", "install"].contains(command.program) {
            let isSecret = command.arguments.dropLast().contains(where: isSecret)
            return isSecret ? command.arguments.suffix(1) : []
        }
        let outputs = command.redirections.filter { $0.symbol.hasPrefix(">") && !$0.symbol.contains("&") }.map(\.target)
        let files =
            (command.program == "tee" ? Array(command.arguments.filter { !$0.text.hasPrefix("-") }) : []) + outputs
        guard !files.isEmpty else { return [] }
        let before = sequence[..<index].suffix(8).reversed().prefix { $0.connector == .pipe }
        let isPrinted = ([command] + before).contains { Self.printers.contains($0.program) && reads($0) }
        return isPrinted ? files.filter { !$0.text.hasPrefix("/dev/") } : []
    }

    private func reads(_ command: ShellCommand) -> Bool {
        let inputs = command.redirections.filter { $0.symbol.hasPrefix("<") }.map(\.target)
        return (command.arguments + inputs).contains { word in
            isSecret(word) || word.inner.contains { $0.arguments.contains(where: isSecret) }
        }
    }

    private func isSecret(_ word: ShellWord) -> Bool {
        paths.contains(word.text) || word.expansions.contains { names.contains($0.name) }
    }
}
