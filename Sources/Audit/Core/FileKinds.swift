// SPDX-License-Identifier: Apache-2.0

/// Kinds of files that are told by their names, and programs by theirs.
enum FileKinds {
    /// Endings of what the YAML reader takes: JSON is YAML too.
    static let yaml = [".yaml", ".yml", ".json"]
    static let toml = ".toml"

    static func isPython(_ entry: AuditEntry) -> Bool { isPython(path: entry.name) }

    static func isPython(path: String) -> Bool {
        let name = path.lowercased()
        return name.hasSuffix(".py") || name.hasSuffix(".pyw")
    }

    /// `python`, `python3.11`, `pypy3`, and `uv`, which runs them.
    static func isPython(program: String) -> Bool { isPython(interpreter: program) || program == "uv" }

    static func isPython(interpreter: String) -> Bool {
        interpreter.hasPrefix("python") || interpreter.hasPrefix("pypy")
    }

    /// Shell scripts by their ending, and entry points of images, which often have none.
    static func isShell(path: String) -> Bool {
        let name = path.lowercased()
        return [".sh", ".ash", ".bash", ".dash", ".zsh", ".ksh", "entrypoint"].contains(where: name.hasSuffix)
    }

    /// What ends the names of programs and texts about Dockerfiles.
    private static let aboutDockerfiles: Set<Substring> = [
        "dockerignore", "c", "cpp", "cs", "go", "h", "html", "java", "js", "kt", "md", "py", "rb", "rs", "rst", "swift",
        "ts",
    ]

    /// `Dockerfile`, `Containerfile`, and names that begin or end with them.
    static func isDockerfile(name: String) -> Bool {
        let name = name.lowercased()
        if let last = name.split(separator: ".").last, aboutDockerfiles.contains(last) { return false }
        // A file of another kind is called so too: `dockerfile-lint.yml`.
        let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...] }
        let isBare = ending.map { !$0.isEmpty && $0.allSatisfy(\.isNumber) } ?? true
        return ["dockerfile", "containerfile"].contains { kind in
            if name == kind || name.hasPrefix(kind + ".") || name.hasSuffix("." + kind) { return true }
            return isBare && ["-", "_"].contains { name.hasPrefix(kind + $0) || name.hasSuffix($0 + kind) }
        }
    }

    /// By the names that BentoML's documents give it.
    static func isBentoConfiguration(path: String) -> Bool {
        let names: Set<String> = [
            "configuration.yaml", "configuration.yml", "bentoml_configuration.yaml", "bentoml_configuration.yml",
        ]
        return names.contains(ShellCommand.baseName(path).lowercased())
    }
}
