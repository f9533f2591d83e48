// SPDX-License-Identifier: Apache-2.0

/// Secrets that the words of a command have: by their form, or since they stand where the program takes one.
struct CommandSecrets {
    struct Secret {
        /// As in `a password`.
        var what: String
        var place: Place
        /// `nil` for what surely is one.
        var weaker: Severity?
    }

    private let command: ShellCommand
    private let program: String
    private let passwordOption: PasswordOption?
    private let isConfiguration: Bool
    private var found: [Secret] = []

    /// - Parameter printer: the command whose output it reads.
    static func all(in command: ShellCommand, reading printer: ShellCommand?) -> [Secret] {
        var secrets = CommandSecrets(command)
        secrets.readWords()
        if let printer { secrets.readInput(printer) }
        return secrets.found
    }

    private init(_ command: ShellCommand) {
        self.command = command
        program = command.program
        let verbs = command.words.dropFirst().prefix(2).map(\.text)
        let isLogin = Self.logins.contains(program) && (verbs.first == "login" || verbs == ["registry", "login"])
        passwordOption = isLogin ? .login : PasswordOption.programs[program]
        isConfiguration = program == "aws" && command.has("configure")
    }

    private mutating func readWords() {
        let isServer = ServerCommand(command) != nil
        for (index, word) in command.words.enumerated() where word.isWritten {
            if let kind = shape(index) {
                found.append(Secret(what: kind, place: word.place))
            } else if !isServer, let value = value(index) {
                add(value.text, what: value.what, weaker: value.weaker, at: word.place)
            }
        }
        for redirection in command.redirections where redirection.symbol == "<<<" && redirection.target.isWritten {
            guard let kind = SecretShapes.shape(within: redirection.target.text) else { continue }
            found.append(Secret(what: kind, place: redirection.target.place))
        }
    }

    private mutating func add(_ value: String, what: String, weaker limit: Severity? = nil, at place: Place) {
        guard SecretShapes.isLiteral(value, of: "password") else { return }
        // What has no digit is an example, or the default that everyone knows, as often as not.
        let isMixed = value.utf8.count >= 8 && value.contains(where: \.isNumber) && value.contains(where: \.isLetter)
        let least = [SecretShapes.weaker(value), isMixed ? nil : .warning, limit].compactMap { $0 }.min()
        found.append(Secret(what: what, place: place, weaker: least))
    }

    // MARK: - Forms

    /// Variables of containers and of the shell are told where they are set.
    private func shape(_ index: Int) -> String? {
        let text = command.words[index].text
        if setsVariable(index) { return SecretShapes.shape(of: text) }
        // A script in a word is read for itself.
        let isLine = text.contains(" ") || text.contains("\n")
        return isLine && header(index) == nil ? SecretShapes.shape(of: text) : SecretShapes.shape(within: text)
    }

    private func setsVariable(_ index: Int) -> Bool {
        if command.isDeclaration { return true }
        guard index > 0 else { return false }
        let options = ["-e", "--env", "--build-arg"]
        let text = command.words[index].text
        return options.contains(command.words[index - 1].text) || options.contains { text.hasPrefix($0 + "=") }
    }

    // MARK: - Places

    private typealias Value = (text: String, what: String, weaker: Severity?)

    private func value(_ index: Int) -> Value? {
        let text = command.words[index].text
        guard text.utf8.count <= 4096 else { return nil }
        if let header = header(index) { return header }
        if let value = optionValue(index) ?? letterValue(index) { return value }
        if let line = text.firstRange(of: "machine "), line.lowerBound == text.startIndex {
            let words = text.split(whereSeparator: \.isWhitespace)
            return words.lastIndex(of: "password").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
                .map { (String($0), "a password", nil) }
        }
        return setting(index)
    }

    /// `--password word`, `--db-password=word`, `--from-literal=name=word`
    private func optionValue(_ index: Int) -> Value? {
        let text = command.words[index].text
        if text.hasPrefix("--from-literal=") {
            return text.split(separator: "=", maxSplits: 2).dropFirst(2).first.map { (String($0), "a secret", nil) }
        }
        var (name, value) = ("", text)
        if text.hasPrefix("-") {
            guard let equals = text.firstIndex(of: "=") else { return nil }
            (name, value) = (String(text[..<equals]), String(text[text.index(after: equals)...]))
        } else if index > 0 {
            name = command.words[index - 1].text
        }
        guard name.hasPrefix("--") || name.hasPrefix("-p"), Self.isSecret(name), WrittenSecret.isValue(value, of: name)
        else { return nil }
        // Without a password's name, numbers are those of words and the like.
        guard SecretShapes.isLiteral(value, of: name) else { return nil }
        return (value, "the value of \(Printed.quoted(name))", nil)
    }

    private static func isSecret(_ option: String) -> Bool {
        !PasswordOption.references.contains(option) && WrittenSecret.isSecretName(option)
    }

    /// `-H 'Authorization: Bearer word'`, `--header='X-Api-Key: word'`
    private func header(_ index: Int) -> Value? {
        var text = Substring(command.words[index].text)
        if let option = ["--header=", "-H"].first(where: text.hasPrefix), text.utf8.count > option.utf8.count {
            text = text.dropFirst(option.count)
        } else {
            guard index > 0, ["-H", "--header", "--proxy-header"].contains(command.words[index - 1].text) else {
                return nil
            }
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = String(text[..<colon]).trimmingBlanks
        let parts = text[text.index(after: colon)...].split(separator: " ")
        guard let value = parts.last, value.utf8.count >= 8, parts.count <= 2 else { return nil }
        guard name.lowercased().hasSuffix("authorization") || SecretShapes.isSecretName(name) else { return nil }
        return (String(value), "the header \(Printed.quoted(name))", nil)
    }

    /// Programs that have a verb which takes a password.
    private static let logins: Set<String> = [
        "az", "buildah", "docker", "helm", "nerdctl", "oc", "oras", "podman", "skopeo",
    ]

    private func letterValue(_ index: Int) -> Value? {
        let text = command.words[index].text
        let before = index > 0 ? command.words[index - 1].text : ""
        if PasswordOption.callers.contains(program) { return userValue(text, before) }
        if isConfiguration, index > 2, command.words[index - 2].text == "set", SecretShapes.isSecretName(before) {
            return (text, "the value of \(Printed.quoted(before))", nil)
        }
        guard let option = passwordOption else { return nil }
        if option.isGlued, text.hasPrefix("-\(option.letter)"), text.utf8.count > 2 {
            return (String(text.dropFirst(2)), "a password", nil)
        }
        let isApart = option.isApart && before == "-\(option.letter)" && !text.hasPrefix("-")
        return isApart ? (text, "a password", nil) : nil
    }

    /// `-u name:password`, `-sSu name:password`, `--user=name:password`
    private func userValue(_ text: String, _ before: String) -> Value? {
        var user = Substring(text)
        let isRow = before.hasPrefix("-") && !before.hasPrefix("--") && ["u", "U", "a"].contains(before.last)
        if !isRow, !["--user", "--proxy-user", "--auth"].contains(before) {
            let options = ["--user=", "--proxy-user=", "--auth=", "-u"]
            guard let option = options.first(where: text.hasPrefix) else { return nil }
            user = user.dropFirst(option.count)
        }
        guard !user.contains("://"), let colon = user.firstIndex(of: ":") else { return nil }
        return (String(user[user.index(after: colon)...]), "a password", nil)
    }

    /// `auth.password=word` of whatever takes settings.
    private func setting(_ index: Int) -> Value? {
        guard index > 0, !setsVariable(index), let equals = command.words[index].text.firstIndex(of: "=") else {
            return nil
        }
        let text = command.words[index].text
        let name = String(text[..<equals])
        let value = String(text[text.index(after: equals)...])
        let isName = name.unicodeScalars.allSatisfy { $0.isName || $0 == "." || $0 == "-" } && !name.hasPrefix("-")
        guard isName, WrittenSecret.isUnmistakable(name), WrittenSecret.isValue(value, of: name) else { return nil }
        return (value, "the value of \(Printed.quoted(name))", .warning)
    }

    // MARK: - Input

    /// `echo word | program --password-stdin`, `echo name:word | chpasswd`
    private mutating func readInput(_ printer: ShellCommand) {
        guard ["echo", "printf"].contains(printer.program), let word = printer.words.dropFirst().last, word.isWritten,
            word.text.utf8.count <= 4096, SecretShapes.shape(within: word.text) == nil
        else { return }
        if program == "chpasswd" {
            guard let colon = word.text.firstIndex(of: ":") else { return }
            let lines = word.text[word.text.index(after: colon)...].split { $0 == "\n" || $0 == "\\" }
            if let password = lines.first { add(String(password), what: "a password", at: word.place) }
        } else if command.has("--password-stdin", "--with-token") {
            add(word.text, what: "a password", at: word.place)
        }
    }
}

extension ShellWord {
    /// Where a variable has its text, it is told where that is set.
    fileprivate var isWritten: Bool { !isExpanded && resolved.isEmpty }
}
