// SPDX-License-Identifier: Apache-2.0

/// The directory of one model: what is in it, and whether its configuration can be read.
package struct ModelDirectoryView: Sendable {
    package var name: String
    /// Of the directory, in the audited tree.
    package var path: String
    /// Everything beneath it, and itself if it is a link; paths are those of the audited tree.
    package var entries: [AuditEntry]
    /// `nil` if there is none, or it cannot be read.
    package var config: ModelConfigFile?
    package var hasConfigFile: Bool
    /// What is wrong with the configuration by itself, with places: a load would refuse it.
    package var configProblems: [Located<String>]

    package init(
        name: String,
        path: String,
        entries: [AuditEntry],
        config: ModelConfigFile?,
        hasConfigFile: Bool,
        configProblems: [Located<String>]
    ) {
        self.name = name
        self.path = path
        self.entries = entries
        self.config = config
        self.hasConfigFile = hasConfigFile
        self.configProblems = configProblems
    }

    /// Whether a server that looks there would take it for a model, and not for the directory of an example that has a
    /// configuration among its files.
    var hasVersion: Bool {
        entries.contains { entry in
            let names = relative(entry).split(separator: "/")
            return names.count > 1 && ModelDirectories.isVersion(names[0])
        }
    }

    /// Whether a directory of the model is reached by a link that is not in its Python environment: what the environment
    /// holds may then be the model itself, by another name.
    func leadsElsewhere(than environment: String) -> Bool {
        entries.contains { entry in
            guard case .link(_, .directory) = entry.kind else { return false }
            return !relative(entry).hasPrefix(environment + "/")
        }
    }

    /// Of an entry, beneath the model's directory: `1/model.onnx`.
    package func relative(_ entry: AuditEntry) -> Substring { entry.path.dropFirst(path.isEmpty ? 0 : path.count + 1) }
}
