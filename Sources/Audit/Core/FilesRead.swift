// SPDX-License-Identifier: Apache-2.0

extension FileKinds {
    static func isYAML(_ entry: AuditEntry) -> Bool {
        yaml.contains(where: entry.name.lowercased().hasSuffix) || Workload.Kustomization.isNamed(entry.name)
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
