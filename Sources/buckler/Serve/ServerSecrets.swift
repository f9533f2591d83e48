// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import Settings
import Transport

/// Private keys that a program has to be asked for: once, before the server listens.
struct ServerSecrets: Sendable {
    private var keys: [String: TLSFiles.File] = [:]

    /// For settings without any.
    init() {}

    /// - Throws: `.unavailable` if a program does not give one.
    init(_ settings: ServerSettings) throws(ServingError) {
        let sources = [
            ("--tls-key", settings.tls.key),
            ("--grpc-server-key", settings.grpc.certificate == nil ? nil : settings.grpc.key),
        ]
        for (flag, source) in sources {
            guard let source, let command = try SecretCommand(source, setting: flag) else { continue }
            keys[flag] = TLSFiles.File(flag: flag, path: command.name, content: try command.output())
        }
    }

    /// What `flag` names: a file, or what a program printed.
    func key(_ flag: String, _ source: String) -> TLSFiles.File {
        keys[flag] ?? TLSFiles.File(flag: flag, path: source)
    }
}
