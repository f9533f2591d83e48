// SPDX-License-Identifier: Apache-2.0

/// A command that installs packages: which, and from where.
struct PackageInstall {
    enum Installer {
        case pip
        case apt
        case apk
        case yum
        case npm
    }

    var installer: Installer
    /// Names with versions, if they have any.
    var packages: [ShellWord] = []
    var options: [ShellWord] = []
    /// What options are given that take a value.
    var values: [(option: String, value: ShellWord)] = []

    init?(_ command: ShellCommand) {
        guard let (installer, start) = PackageInstall.installer(command.words) else { return nil }
        self.installer = installer
        let valued = PackageInstall.valued[installer] ?? []
        var index = start
        while index < command.words.count {
            let word = command.words[index]
            index += 1
            if word.text.hasPrefix("-") {
                options.append(word)
                if let equals = word.text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                    let name = String(word.text[..<equals])
                    values.append((name, word.dropping(name.utf8.count + 1)))
                } else if let (option, value) = PackageInstall.option(word, of: installer, valued) {
                    if let value {
                        values.append((option, value))
                    } else {
                        if index < command.words.count { values.append((option, command.words[index])) }
                        index += 1
                    }
                }
            } else {
                packages.append(word)
            }
        }
    }

    /// An option that takes a value, with the value if that stands in the same word: pip takes `-rfile` and `-Ur file`.
    private static func option(
        _ word: ShellWord,
        of installer: Installer,
        _ valued: Set<String>
    ) -> (name: String, value: ShellWord?)? {
        if valued.contains(word.text) { return (word.text, nil) }
        guard installer == .pip, !word.text.hasPrefix("--") else { return nil }
        for (index, letter) in word.text.dropFirst().prefix(8).enumerated() {
            guard letter.isASCII, letter.isLetter else { return nil }
            guard valued.contains("-\(letter)") else { continue }
            let rest = word.dropping(index + 2)
            return ("-\(letter)", rest.text.isEmpty ? nil : rest)
        }
        return nil
    }

    /// - Returns: also the index of the first word behind the verb.
    private static func installer(_ words: [ShellWord]) -> (Installer, Int)? {
        guard let first = words.first else { return nil }
        let program = ShellCommand.baseName(first.text)
        /// Options may stand before it.
        func verb(_ names: Set<String>, of installer: Installer, from start: Int = 1) -> (Installer, Int)? {
            var index = start
            while index < words.count, words[index].text.hasPrefix("-") {
                index += valued[installer]?.contains(words[index].text) == true ? 2 : 1
            }
            return index < words.count && names.contains(words[index].text) ? (installer, index + 1) : nil
        }
        switch program {
        case _ where program.hasPrefix("pip"): return verb(["install"], of: .pip)
        case _ where FileKinds.isPython(interpreter: program):
            return pipModule(words).flatMap { verb(["install"], of: .pip, from: $0 + 1) }
        case "uv":
            return verb(["pip", "tool"], of: .pip).flatMap { verb(["install"], of: .pip, from: $0.1) }
        case "apt-get", "apt", "aptitude": return verb(["install"], of: .apt)
        case "apk": return verb(["add"], of: .apk)
        case "yum", "dnf", "microdnf": return verb(["install"], of: .yum)
        case "npm": return verb(["install", "i"], of: .npm)
        default: return nil
        }
    }

    /// Whether they are `python -m pip …`.
    static func isPipModule(_ words: [ShellWord]) -> Bool { pipModule(words) != nil }

    /// The index of `pip` in `python -m pip`.
    private static func pipModule(_ words: [ShellWord]) -> Int? {
        guard let first = words.first, FileKinds.isPython(interpreter: ShellCommand.baseName(first.text)) else {
            return nil
        }
        let end = words.dropFirst().firstIndex { !$0.text.hasPrefix("-") } ?? words.count
        guard end < words.count, words[end].text == "pip", words[end - 1].text == "-m" else { return nil }
        return end
    }

    /// Options that take the next word.
    private static let valued: [Installer: Set<String>] = [
        .pip: [
            "-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
            "-t", "--target", "--trusted-host", "-e", "--editable", "--prefix", "--platform", "--python-version",
            "--python", "--cache-dir", "--timeout", "--retries", "--root", "--no-binary", "--only-binary", "--cert",
            "--client-cert", "--proxy", "--log", "--exists-action", "--use-feature", "--allow-insecure-host",
            "--default-index", "--index", "--directory", "--project", "--config-file",
        ],
        .apt: ["-t", "--target-release", "-o", "--option", "-c"],
        .apk: ["-t", "--virtual", "-X", "--repository"],
        .yum: ["--enablerepo", "--disablerepo", "-c"],
        .npm: ["--prefix", "--registry"],
    ]

    /// Those without an exact version.
    var loose: [ShellWord] { packages.filter { !isPinned($0) } }

    private func isPinned(_ word: ShellWord) -> Bool {
        let text = word.text
        // A variable may well say the version; a path is a file that is there already.
        if word.isExpanded || text.hasPrefix(".") || text.hasPrefix("/") || text.hasSuffix(".whl") { return true }
        switch installer {
        case .pip:
            if text.hasPrefix("git+") { return text.dropFirst(8).contains("@") }
            return text.contains("==") && !text.contains("*") || text.contains(" @ ") || text.contains("://")
        case .apt, .apk: return text.contains("=") || text.hasSuffix(".deb") || text.hasSuffix(".apk")
        case .yum: return text.contains("-") && text.contains { $0.isNumber } || text.hasSuffix(".rpm")
        case .npm: return text.dropFirst().contains("@")
        }
    }
}
