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
                if valued.contains(word.text) { index += 1 }
            } else {
                packages.append(word)
            }
        }
    }

    /// - Returns: also the index of the first word behind the verb.
    private static func installer(_ words: [ShellWord]) -> (Installer, Int)? {
        guard let first = words.first else { return nil }
        let program = ShellCommand.baseName(first.text)
        let rest = words.indices.dropFirst()
        func verb(_ names: Set<String>) -> Int? {
            rest.first { !words[$0].text.hasPrefix("-") }.flatMap { names.contains(words[$0].text) ? $0 + 1 : nil }
        }
        switch program {
        case _ where program.hasPrefix("pip"): return verb(["install"]).map { (.pip, $0) }
        case _ where program.hasPrefix("python"):
            guard words.count > 3, words[1].text == "-m", words[2].text == "pip", words[3].text == "install" else {
                return nil
            }
            return (.pip, 4)
        case "uv":
            guard words.count > 2, words[1].text == "pip", words[2].text == "install" else { return nil }
            return (.pip, 3)
        case "apt-get", "apt", "aptitude": return verb(["install"]).map { (.apt, $0) }
        case "apk": return verb(["add"]).map { (.apk, $0) }
        case "yum", "dnf", "microdnf": return verb(["install"]).map { (.yum, $0) }
        case "npm": return verb(["install", "i"]).map { (.npm, $0) }
        default: return nil
        }
    }

    /// Options that take the next word.
    private static let valued: [Installer: Set<String>] = [
        .pip: [
            "-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links",
            "-t", "--target", "--trusted-host", "-e", "--editable", "--prefix", "--platform", "--python-version",
            "--python", "--cache-dir", "--timeout", "--retries", "--root", "--no-binary", "--only-binary", "--cert",
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
