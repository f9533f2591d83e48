// SPDX-License-Identifier: Apache-2.0

/// Knows one kind of file, and what subjects it stands for.
package enum Recogniser: Sendable {
    /// A text, by its name.
    case text(
        matches: @Sendable (AuditEntry) -> Bool,
        read: @Sendable (_ text: String, _ file: String, AuditLimits) throws(Unreadable) -> [Subject]
    )
    /// A document of a YAML, JSON or TOML file, by what it says; nothing if it is of another kind.
    case data(@Sendable (DataDocument) -> [Subject])
}

extension Recogniser {
    /// All of them. A file may be of several kinds.
    package static let all: [Recogniser] = [
        .dockerfile, .shellScript, .compose, .kubernetes, .bucklerSettings, .requirements, .dependencies,
        .dependencyDocuments, .bentoBuild, .bentoConfiguration, .devContainer,
    ]
}
