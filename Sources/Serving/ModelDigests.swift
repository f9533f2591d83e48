// SPDX-License-Identifier: Apache-2.0
private import Crypto
package import Inference
private import Synchronization

/// A model's files, and what was read of them: whatever an engine reads whole is hashed on the way, so that the digest
/// is of the very bytes that the engine was given.
///
/// A version's digest is the SHA-256 of a text with a line for each thing that it is made of:
/// ```
/// buckler model 1
/// file DIGEST SIZE LENGTH PATH     each file beneath the version's directory, by the bytes of its path
/// unread LENGTH PATH               each that cannot be read: no regular file, a link that leads out
/// labels DIGEST                    the labels of its outputs
/// config DIGEST                    the configuration as it is in effect, as the server prints it
/// ```
/// Paths are relative to the version's directory, lengths are those of paths in bytes.
package final class ModelDigests: ModelFiles {
    /// Files and directories beneath a version's directory.
    package static let entryLimit = 65_536
    package static let depthLimit = 32

    private struct FileDigest: Sendable {
        var digest: SHA256.Digest
        var size: Int
    }

    private let files: any ModelFiles
    private let read = Mutex<[String: FileDigest]>([:])

    package init(_ files: any ModelFiles) { self.files = files }

    /// - Parameters:
    ///   - labels: by the name of the output.
    ///   - configuration: as it is in effect.
    /// - Throws: `.invalidArgument` for a version of too many files or too deep a tree, `.unavailable` if a file
    ///   changes meanwhile.
    package func digest(
        ofVersion version: Int64,
        model: String,
        labels: [String: [String]],
        configuration: String
    ) throws(ServingError) -> ModelDigest? {
        let root = String(version)
        var text = "buckler model 1\n"
        for path in try paths(beneath: root, model: model) {
            let shown = path.dropFirst(root.utf8.count + 1)
            if let file = try digest(ofFile: path) {
                text += "file \(Self.hexadecimal(file.digest)) \(file.size) \(shown.utf8.count) \(shown)\n"
            } else {
                text += "unread \(shown.utf8.count) \(shown)\n"
            }
        }
        text += "labels \(Self.hexadecimal(Self.digest(of: labels)))\n"
        text += "config \(Self.hexadecimal(SHA256.hash(data: Array(configuration.utf8))))\n"
        return ModelDigest(sha256: SHA256.hash(data: Array(text.utf8)))
    }

    private func paths(beneath root: String, model: String) throws(ServingError) -> [String] {
        var found: [String] = []
        var directories = [(path: root, depth: 0)]
        var entries = 0
        while let (directory, depth) = directories.popLast() {
            for name in try files.list(directory) {
                entries += 1
                guard entries <= Self.entryLimit, depth < Self.depthLimit else {
                    throw ServingError(
                        .invalidArgument,
                        "version \(root) of model '\(model)' has more than \(Self.entryLimit) files, or directories "
                            + "more than \(Self.depthLimit) deep"
                    )
                }
                let path = directory + "/" + name
                if files.isDirectory(path) {
                    directories.append((path, depth + 1))
                } else {
                    found.append(path)
                }
            }
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// - Returns: `nil` for what cannot be read: an engine cannot read it either, as what is served does not hang on it.
    private func digest(ofFile path: String) throws(ServingError) -> FileDigest? {
        if let known = read.withLock({ $0[path] }) { return known }
        var hash = SHA256()
        var size = 0
        do throws(ServingError) {
            try files.scan(path) { piece in
                hash.update(bufferPointer: piece)
                size += piece.count
            }
        } catch {
            guard error.code != .unavailable else { throw error }
            return nil
        }
        return FileDigest(digest: hash.finalize(), size: size)
    }

    private static func digest(of labels: [String: [String]]) -> SHA256.Digest {
        var hash = SHA256()
        for (output, names) in labels.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            for text in [output, String(names.count)] + names {
                hash.update(data: Array("\(text.utf8.count) \(text)\n".utf8))
            }
        }
        return hash.finalize()
    }

    private static func hexadecimal(_ digest: SHA256.Digest) -> String {
        ModelDigest(sha256: digest).map { String($0.text.dropFirst(7)) } ?? ""
    }

    // MARK: ModelFiles

    package func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
        let bytes = try files.read(path, limit: limit)
        let digest = bytes.withUnsafeBytes { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return hash.finalize()
        }
        read.withLock { $0[path] = FileDigest(digest: digest, size: bytes.count) }
        return bytes
    }

    package func scan(_ path: String, _ take: (UnsafeRawBufferPointer) -> Void) throws(ServingError) {
        try files.scan(path, take)
    }

    package func exists(_ path: String) -> Bool { files.exists(path) }
    package func list(_ path: String) throws(ServingError) -> [String] { try files.list(path) }
    package func isDirectory(_ path: String) -> Bool { files.isDirectory(path) }
    package var directoryPath: String? { files.directoryPath }
}
