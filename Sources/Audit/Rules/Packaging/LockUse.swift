// SPDX-License-Identifier: Apache-2.0

/// What the lock files of a project hold, and which of them are used, as far as the project itself tells.
struct LockUse: Sendable {
    private struct Lock {
        var name: Substring
        /// Of what it holds fast, by version and hash or by commit.
        var packages: Set<String>
    }

    /// By the directory that they lie in.
    private var locks: [Substring: [Lock]] = [:]
    /// Names of files in commands of images.
    private let namedFiles: Set<Substring>
    /// Locks whose tools an image installs with.
    private let installedLocks: Set<Substring>

    init(_ project: Project) {
        for file in project.requirements where file.kind == .lock {
            let (directory, name) = Self.parts(of: file.path)
            let packages = file.requirements.filter(Self.isFast).map { Self.normal($0.name) }
            locks[directory, default: []].append(Lock(name: name, packages: Set(packages)))
        }
        let commands = project.dockerfiles.lazy.flatMap(\.instructions).flatMap(\.sequences).joined()
        namedFiles = Set(
            commands.flatMap(\.words).compactMap { $0.text.split(whereSeparator: { "/=".contains($0) }).last }
        )
        installedLocks = Set(commands.compactMap(Self.lock).map { $0[...] })
    }

    /// A lock's version of a package, whoever asks for it.
    private static func isFast(_ requirement: Requirement) -> Bool {
        requirement.isPinned && (requirement.address != nil || !requirement.hashes.isEmpty)
    }

    /// As indexes compare names: `Flask_Cors` is `flask-cors`.
    static func normal(_ name: String) -> String {
        name.lowercased().split(whereSeparator: { "-_.".contains($0) }).joined(separator: "-")
    }

    private static func parts(of path: String) -> (directory: Substring, name: Substring) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path[...]) }
        return (path[..<slash], path[path.index(after: slash)...])
    }

    /// What is held by locks beside a manifest or above it, where workspaces have theirs: whoever installs by the one
    /// takes the other.
    func packages(heldFor manifest: RequirementsFile) -> Set<String> {
        var directory = Self.parts(of: manifest.path).directory
        while locks[directory] == nil, !directory.isEmpty { directory = Self.parts(of: String(directory)).directory }
        return (locks[directory] ?? []).reduce(into: []) { $0.formUnion($1.packages) }
    }

    /// What is held by a lock that an image installs, and that lies beside a requirements file that none installs.
    func packages(replacing file: RequirementsFile) -> Set<String> {
        let (directory, name) = Self.parts(of: file.path)
        guard !namedFiles.contains(name) else { return [] }
        return (locks[directory] ?? []).reduce(into: []) { held, lock in
            if installedLocks.contains(lock.name) || namedFiles.contains(lock.name) { held.formUnion(lock.packages) }
        }
    }

    /// The lock that a command installs.
    private static func lock(_ command: ShellCommand) -> String? {
        switch command.program {
        case "uv": command.has("sync") ? "uv.lock" : nil
        case "poetry": command.has("install", "sync") ? "poetry.lock" : nil
        case "pdm": command.has("install", "sync") ? "pdm.lock" : nil
        case "pipenv": command.has("install", "sync") ? "Pipfile.lock" : nil
        default: nil
        }
    }
}
