// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    /// `Dockerfile`, `Containerfile`, and names that begin or end with them.
    static let dockerfile = Recogniser.text(matches: { isDockerfile($0.name) }) {
        (text, file, limits) throws(Unreadable) in
        let dockerfile = try DockerfileReader.read(text, file: file, limits: limits)
        var commands: [ShellCommand] = []
        var subjects: [Subject] = [.dockerfile(dockerfile)]
        for instruction in dockerfile.instructions where instruction.keyword == "RUN" {
            commands += instruction.commands
        }
        subjects += CommandSubjects.subjects(commands, origin: .build)
        return subjects + CommandSubjects.subjects(dockerfile.startCommands, origin: .container)
    }

    /// What ends the names of programs and texts about Dockerfiles.
    private static let otherKinds: Set<Substring> = [
        "dockerignore", "c", "cpp", "cs", "go", "h", "html", "java", "js", "kt", "md", "py", "rb", "rs", "rst", "swift",
        "ts",
    ]

    private static func isDockerfile(_ name: String) -> Bool {
        let name = name.lowercased()
        if let last = name.split(separator: ".").last, otherKinds.contains(last) { return false }
        return ["dockerfile", "containerfile"].contains {
            name == $0 || name.hasPrefix($0 + ".") || name.hasSuffix("." + $0)
        }
    }
}

extension Dockerfile {
    /// What the built image runs: `CMD` gives the arguments of an `ENTRYPOINT` that is no shell's command.
    var startCommands: [ShellCommand] {
        guard let entry = last("ENTRYPOINT") else { return last("CMD")?.commands ?? [] }
        guard entry.isExec, let command = last("CMD"), command.isExec, var joined = entry.commands.first else {
            return entry.commands
        }
        joined.words += command.words
        return [joined]
    }
}
