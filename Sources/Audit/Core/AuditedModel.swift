// SPDX-License-Identifier: Apache-2.0

/// A model that is about to be loaded: what the server has read of it already.
package struct AuditedModel: Sendable {
    package var name: String
    /// Of its directory, in the tree.
    package var path: String
    /// What holds for it, from its directory or from the load request; `nil` if there is none.
    package var config: ModelConfigFile?

    package init(name: String, path: String, config: ModelConfigFile?) {
        self.name = name
        self.path = path
        self.config = config
    }
}
