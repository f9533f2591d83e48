// SPDX-License-Identifier: Apache-2.0

/// The directory of one model: what is in it, without what the files say.
package struct ModelDirectoryView: Sendable {
    package var name: String
    /// Of the directory, in the audited tree.
    package var path: String
    /// Everything beneath it; paths are those of the audited tree.
    package var entries: [AuditEntry]
    /// `nil` if there is none, or it cannot be read.
    package var config: ModelConfigFile?
    package var hasConfig: Bool

    package init(name: String, path: String, entries: [AuditEntry], config: ModelConfigFile?, hasConfig: Bool) {
        self.name = name
        self.path = path
        self.entries = entries
        self.config = config
        self.hasConfig = hasConfig
    }

    /// Of an entry, beneath the model's directory: `1/model.onnx`.
    package func relative(_ entry: AuditEntry) -> Substring { entry.path.dropFirst(path.isEmpty ? 0 : path.count + 1) }
}
