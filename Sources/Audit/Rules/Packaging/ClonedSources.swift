// SPDX-License-Identifier: Apache-2.0

/// Follows what `git clone` loads to where it is installed or run.
struct ClonedSources {
    struct Clone {
        var address: ShellWord
        /// Whether it is at a tag, which may be moved but hardly is.
        var isVersion: Bool
    }

    /// By the directory's last name.
    private var clones: [String: Clone] = [:]
    /// The one in whose directory commands are run.
    private var current: String?

    private static let countLimit = 256

    /// Another sequence of commands, which finds the files of those before it.
    mutating func begin(in directory: String?) { current = directory.flatMap { name(in: $0) } }

    /// - Returns: the clone that the command installs or runs, which is told once.
    mutating func take(_ command: ShellCommand) -> Clone? {
        switch command.program {
        case "git":
            takeGit(command)
            return nil
        case "cd", "pushd":
            current = command.arguments.last.flatMap { name(in: $0.text) }
            return nil
        default:
            guard !clones.isEmpty, let name = installed(by: command) else { return nil }
            return clones.removeValue(forKey: name)
        }
    }

    // MARK: what git does

    private static let options: Set<String> = ["-C", "-c", "--git-dir", "--work-tree"]
    private static let cloneOptions: Set<String> = [
        "-b", "--branch", "--depth", "-o", "--origin", "-c", "--config", "--reference", "-j", "--jobs", "--filter",
        "--separate-git-dir", "--template", "-u", "--upload-pack", "--shallow-since",
    ]

    private mutating func takeGit(_ command: ShellCommand) {
        guard let verb = command.operand(from: 1, valued: Self.options) else { return }
        switch command.words[verb].text {
        case "clone": takeClone(command, from: verb + 1)
        case "checkout", "switch", "reset":
            let directory = command.words[..<verb].firstIndex { $0.text == "-C" }.map { command.words[$0 + 1].text }
            checkOut(command.words[(verb + 1)...], in: directory.flatMap { name(in: $0) } ?? current)
        default: break
        }
    }

    private mutating func takeClone(_ command: ShellCommand, from start: Int) {
        guard let index = command.operand(from: start, valued: Self.cloneOptions), clones.count < Self.countLimit else {
            return
        }
        let address = command.words[index]
        guard address.text.contains("://") || address.text.prefix(while: { $0 != "/" }).contains(":") else { return }
        let words = command.words[start...]
        let branch = words.firstIndex { $0.text == "-b" || $0.text == "--branch" }.flatMap { at in
            at + 1 < words.endIndex ? words[at + 1].text : nil
        }
        let branchValue =
            branch ?? words.first { $0.text.hasPrefix("--branch=") }.map { String($0.text.dropFirst(9)) } ?? ""
        guard !branchValue.contains("$") else { return }
        let target = command.operand(from: index + 1, valued: Self.cloneOptions).map { command.words[$0].text }
        let name = ShellCommand.baseName(target ?? address.text)
        let isGit = target == nil && name.hasSuffix(".git")
        clones[isGit ? String(name.dropLast(4)) : name] = Clone(
            address: address,
            isVersion: Commit.isVersion(branchValue)
        )
    }

    /// What is there now stands in the script, or with a variable elsewhere.
    private mutating func checkOut(_ words: ArraySlice<ShellWord>, in name: String?) {
        let isFixed = words.contains { $0.text.contains("$") || Commit.isNamed(in: $0.text) }
        let isVersion = words.contains { Commit.isVersion($0.text) }
        for name in name.map({ [$0] }) ?? Array(clones.keys) {
            if isFixed { clones[name] = nil } else if isVersion { clones[name]?.isVersion = true }
        }
    }

    // MARK: what is done with it

    private static let builders: Set<String> = [
        "make", "cmake", "ninja", "meson", "npm", "yarn", "pnpm", "cargo", "go", "bazel", "gradle", "mvn",
    ]

    private func installed(by command: ShellCommand) -> String? {
        if let install = PackageInstall(command), install.installer == .pip {
            let values = install.values.filter { ["-e", "--editable", "-r", "--requirement"].contains($0.option) }
            return (install.packages + values.map(\.value)).lazy.compactMap { place(of: $0.text) }.first
        }
        if Self.builders.contains(command.program) {
            return command.arguments.lazy.compactMap { name(in: $0.text) }.first ?? current
        }
        let isInterpreter =
            ShellCommand.shells.contains(command.program) || FileKinds.isPython(interpreter: command.program)
        let file = isInterpreter ? command.operand(from: 1, valued: ShellCommand.valuedOptions) : 0
        guard let file, command.words.indices.contains(file) else { return nil }
        let path = command.words[file].text
        return path.contains("/") || isInterpreter ? place(of: path) : nil
    }

    /// The clone in which a path leads, seen from where commands are run.
    private func place(of path: String) -> String? {
        if let name = name(in: path) { return name }
        return path.hasPrefix("/") || path.hasPrefix("..") || path.contains("://") ? nil : path.isOwn ? current : nil
    }

    private func name(in path: String) -> String? {
        guard path.utf8.count <= 4096 else { return nil }
        return path.split(separator: "/").lazy.map(String.init).first { clones[$0] != nil }
    }
}

extension String {
    /// Whether it is a file or directory here, and no package's name: `.`, `.[all]`, `./a`, `setup.py`.
    fileprivate var isOwn: Bool { hasPrefix(".") || hasSuffix(".py") || hasSuffix(".sh") || hasSuffix(".txt") }
}

/// Tells names that stand for one state of a repository for ever.
enum Commit {
    /// Whether 40 hexadecimal digits stand in a text, or 64.
    static func isNamed(in text: String) -> Bool {
        text.utf8.split { !Character(Unicode.Scalar($0)).isHexDigit }.contains { $0.count == 40 || $0.count == 64 }
    }

    /// `1.2`, `v1.2.3`
    static func isVersion(_ name: String) -> Bool {
        let number = name.drop { $0 == "v" }
        return number.first?.isNumber == true && number.contains(".")
    }
}
