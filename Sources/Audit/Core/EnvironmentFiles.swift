// SPDX-License-Identifier: Apache-2.0

/// The files of variables in a tree: a `.env` beside a compose file, and what containers are given by `env_file`. Each is
/// read when it is first asked for.
struct EnvironmentFiles {
    /// Variables of files that are looked at for containers, all in all.
    static let limit = 1 << 16

    private let texts: TextReading
    private let entries: [String: AuditEntry]
    private var known: [String: [EnvironmentVariable]] = [:]
    private var lookedAt = 0

    /// - Parameter entries: by path, those that can be read.
    init(_ entries: [String: AuditEntry], _ texts: TextReading) {
        self.entries = entries
        self.texts = texts
    }

    /// What the `.env` in the directory of `path` sets; nothing if there is none.
    mutating func beside(_ path: String) throws(Unreadable) -> [String: String] {
        guard let file = TreePath.resolve(".env", besides: path) else { return [:] }
        let pairs = try variables(of: file).map { ($0.name.value, $0.value?.value ?? "") }
        return Dictionary(pairs) { $1 }
    }

    /// Gives a container what its files set and it does not set itself; the last file counts.
    mutating func fill(_ container: inout Container) throws(Unreadable) {
        var names = Set(container.environment.map(\.name.value))
        for file in container.environmentFiles.reversed() {
            guard let path = TreePath.resolve(file.value, besides: container.place.file) else { continue }
            // It was told with the container that came to it.
            guard lookedAt <= Self.limit else { return }
            let variables = try variables(of: path)
            lookedAt += variables.count
            guard lookedAt <= Self.limit else {
                throw Unreadable(file.place, "files give containers more than \(Self.limit) variables")
            }
            container.environment += variables.filter { names.insert($0.name.value).inserted }
        }
    }

    /// One that cannot be read is told once.
    private mutating func variables(of path: String) throws(Unreadable) -> [EnvironmentVariable] {
        if let known = known[path] { return known }
        known[path] = []
        guard let entry = entries[path] else { return [] }
        let variables = EnvironmentFile.variables(try texts.text(of: entry), file: path)
        known[path] = variables
        return variables
    }
}
