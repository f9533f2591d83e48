// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The file of `--api-key-file`: see ``KeyLines``.
///
/// Links are followed, as Kubernetes shows its secrets through one that it swaps, and the group may read it. Others may
/// not, and nobody but its owner may write.
package struct KeyTextFile: KeyOrigin {
    private static let secrecy = OpenFile.Secrecy(forbidden: 0o027, command: "chmod 640")

    private let path: String
    private let lines: KeyLines

    package init(_ path: String, at seconds: Int64) {
        self.path = path
        lines = KeyLines(origin: "the file of API keys", at: seconds)
    }

    package var name: String { "the file of API keys" }

    package func state() -> FileState { .of(path) }

    /// - Throws: if it is missing as well: whoever names a file means one that is there.
    package func records() throws(ServingError) -> [KeyRecord] {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenFile.failure("open", path) }
        let file = OpenFile(descriptor, path: path)
        try file.check(kind: S_IFREG, secrecy: Self.secrecy)
        guard let text = String(validating: try file.content(limit: KeyLines.sizeLimit), as: UTF8.self) else {
            throw ServingError(.invalidArgument, "the file of API keys is not UTF-8 text", cause: path)
        }
        do throws(ServingError) {
            return try lines.records(in: text)
        } catch {
            throw ServingError(error.code, error.message, cause: path)
        }
    }
}
