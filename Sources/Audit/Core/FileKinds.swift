// SPDX-License-Identifier: Apache-2.0

/// Kinds of files that are told by their names.
enum FileKinds {
    /// Endings of what the YAML reader takes: JSON is YAML too.
    static let yaml = [".yaml", ".yml", ".json"]
    static let toml = ".toml"

    static func isYAML(_ entry: AuditEntry) -> Bool {
        yaml.contains(where: entry.name.lowercased().hasSuffix) || Workload.Kustomization.isNamed(entry.name)
    }

    static func isPython(_ entry: AuditEntry) -> Bool {
        let name = entry.name.lowercased()
        return name.hasSuffix(".py") || name.hasSuffix(".pyw")
    }

    /// `python`, `python3.11`, `pypy3`, and `uv`, which runs them.
    static func isPython(program: String) -> Bool {
        program.hasPrefix("python") || program.hasPrefix("pypy") || program == "uv"
    }

    /// Whether it would be looked at for its name, were it a file.
    static func isRead(_ entry: AuditEntry) -> Bool {
        let name = entry.name.lowercased()
        if isPython(entry) || name.hasSuffix(toml) || isYAML(entry) { return true }
        return Recogniser.all.contains { recogniser in
            if case .text(let matches, _) = recogniser { matches(entry) } else { false }
        }
    }
}
