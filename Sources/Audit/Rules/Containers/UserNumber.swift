// SPDX-License-Identifier: Apache-2.0

/// Tells the number of root's from how it is written, and from how users are made.
enum UserNumber {
    /// Whether a reader of YAML, or the engine, takes it for zero: `00`, `+0`, `0x0`, `0_0`, `0.0`, `0e3`.
    static func isZero(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count <= 64 else { return false }
        var rest = text.lowercased()[...]
        if let sign = rest.first, sign == "+" || sign == "-" { rest.removeFirst() }
        if ["0x", "0o", "0b"].contains(where: rest.hasPrefix) {
            rest = rest.dropFirst(2)
        } else if let exponent = rest.firstIndex(of: "e") {
            rest = rest[..<exponent]
        }
        return rest.contains("0") && rest.allSatisfy { $0 == "0" || $0 == "_" || $0 == "." }
    }

    /// Where the user that the image runs as is made one with root's number.
    static func zero(of user: String, in file: Dockerfile) -> Place? {
        guard let name = user.split(separator: ":").first.map(String.init), !name.isEmpty else { return nil }
        for instruction in file.finalStages.reversed().lazy.flatMap({ $0.instructions.reversed() }) {
            switch instruction.keyword {
            case "RUN":
                if let place = instruction.sequences.lazy.joined().compactMap({ made(name, by: $0) }).first {
                    return place
                }
            case "COPY", "ADD":
                guard instruction.words.last?.text == accounts else { continue }
                let body = instruction.heredocs.first { hasLine(of: name, in: $0.body.text) }
                if let body { return body.body.place(0) }
            default: break
            }
        }
        return nil
    }

    private static let accounts = "/etc/passwd"

    private static func made(_ name: String, by command: ShellCommand) -> Place? {
        switch command.program {
        case "useradd", "adduser", "usermod":
            guard command.words.last?.text == name || command.words.dropFirst().first?.text == name else { return nil }
            return numbers(command).first { isZero($0.text) }?.place
        case "echo", "printf", "cat", "tee":
            let isWritten =
                command.program == "tee" && command.has(accounts)
                || command.redirections.contains { $0.symbol.hasPrefix(">") && $0.target.text == accounts }
            guard isWritten else { return nil }
            let bodies = command.redirections.compactMap(\.body)
            let isMade =
                command.arguments.contains { hasLine(of: name, in: $0.text) }
                || bodies.contains { hasLine(of: name, in: $0.text) }
            return isMade ? command.place : nil
        default: return nil
        }
    }

    /// `-u 0`, `-ou0`, `--uid=0`
    private static func numbers(_ command: ShellCommand) -> [ShellWord] {
        var found: [ShellWord] = []
        for (word, next) in zip(command.words.dropFirst(), command.words.dropFirst(2)) {
            let text = word.text
            if text == "--uid" || (isRow(text) && text.last == "u") { found.append(next) }
        }
        for word in command.arguments {
            if word.text.hasPrefix("--uid=") { found.append(word.dropping(6)) }
            guard isRow(word.text), let letter = word.text.utf8.firstIndex(of: UInt8(ascii: "u")) else { continue }
            found.append(word.dropping(word.text.utf8.distance(from: word.text.startIndex, to: letter) + 1))
        }
        return found
    }

    private static func isRow(_ text: String) -> Bool { text.hasPrefix("-") && !text.hasPrefix("--") }

    /// `name:x:0:…` among lines that are written to the list of users.
    private static func hasLine(of name: String, in text: String) -> Bool {
        text.split(separator: "\n").contains { line in
            let fields = line.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
            return fields.count > 3 && fields[0] == name && isZero(fields[2])
        }
    }
}
