// SPDX-License-Identifier: Apache-2.0

/// Finds what an image gives to the user as whom it runs, and which is more than its data.
struct OwnedCode {
    struct Gift {
        var place: Place
        /// `COPY`, `chown`
        var giver: String
        var path: String
        var user: String
    }

    private(set) var first: Gift?
    private let user: String
    private var directory = "/"
    /// What was copied into the image, which `chown` may give away later.
    private var copied: [String] = []

    private static let countLimit = 64

    init(_ file: Dockerfile) {
        let name = file.last("USER")?.words.first?.text.prefix { $0 != ":" } ?? "root"
        user = String(name)
        guard !["", "root", "0"].contains(user), !user.contains("$") else { return }
        for instruction in file.finalStages.flatMap(\.instructions) where first == nil && !instruction.isOnBuild {
            take(instruction)
        }
    }

    private mutating func take(_ instruction: DockerInstruction) {
        switch instruction.keyword {
        case "WORKDIR": directory = instruction.words.first.map { absolute($0.text) } ?? directory
        case "COPY", "ADD": takeCopy(instruction)
        case "RUN":
            for command in instruction.sequences.joined() where command.program == "chown" {
                takeChange(command)
            }
        default: break
        }
    }

    private mutating func takeCopy(_ instruction: DockerInstruction) {
        guard let target = instruction.words.last, isCode(absolute(target.text)) else { return }
        let path = absolute(target.text)
        if copied.count < Self.countLimit { copied.append(path) }
        let mode = instruction.flag("chmod")?.value.flatMap { Int($0.value, radix: 8) } ?? 0o644
        guard let owner = instruction.flag("chown")?.value, isUser(owner.value), mode & 0o200 != 0 else { return }
        first = Gift(place: owner.place, giver: instruction.keyword, path: path, user: user)
    }

    private mutating func takeChange(_ command: ShellCommand) {
        let isDeep = command.arguments.contains { word in
            word.text == "--recursive"
                || (word.text.hasPrefix("-") && !word.text.hasPrefix("--") && word.text.contains("R"))
        }
        let words = command.arguments.filter { !$0.text.hasPrefix("-") }
        guard isDeep, let owner = words.first, isUser(owner.text) else { return }
        for word in words.dropFirst().prefix(16) {
            let path = absolute(word.text)
            guard isCode(path), copied.contains(where: { $0 == path || $0.hasPrefix(path + "/") }) else { continue }
            first = Gift(place: word.place, giver: "chown", path: path, user: user)
            return
        }
    }

    private func isUser(_ owner: String) -> Bool { owner.prefix { $0 != ":" && $0 != "." } == user }

    private func absolute(_ path: String) -> String {
        guard path.utf8.count <= 4096, directory.utf8.count <= 4096 else { return "/" }
        let whole = path.hasPrefix("/") ? path : directory + "/" + path
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    /// Directories that are there to be written.
    private static let data: Set<Substring> = [
        "data", "cache", ".cache", "log", "logs", "tmp", "run", "home", "uploads", "storage", "media", "static",
        "models", "model_repository", "volume", "volumes", "mlruns", "db",
    ]

    private func isCode(_ path: String) -> Bool {
        let names = path.split(separator: "/")
        return !names.isEmpty && !path.contains("$") && !names.contains { Self.data.contains($0) || $0.hasPrefix("~") }
    }
}
