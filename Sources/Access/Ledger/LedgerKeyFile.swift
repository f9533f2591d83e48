// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Where the key lives that signs the ledger's checkpoints: one line, `buckler-ledger-key-1` and 64 hexadecimal digits,
/// in a file that only its owner can read.
package struct LedgerKeyFile: Sendable {
    private static let label = "buckler-ledger-key-1 "

    package let path: String

    package init(path: String) { self.path = path }

    package init(home: BucklerHome) { path = home.path + "/access/ledger.key" }

    /// The key that is there; one is made if there is none.
    /// - Throws: `.permissionDenied` if others can read it, `.unavailable` if it cannot be read or made.
    package func loadOrCreate() throws(ServingError) -> LedgerKey {
        if let key = try load() { return key }
        do throws(LedgerFailure) { try create(.random()) } catch {
            throw ServingError(.unavailable, "the key of the audit log cannot be made", cause: error.reason)
        }
        // Another server may have been first: the file says whose key it is.
        guard let key = try load() else {
            throw ServingError(.unavailable, "the key of the audit log cannot be read", cause: path)
        }
        return key
    }

    /// - Returns: `nil` if there is no such file.
    package func load() throws(ServingError) -> LedgerKey? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw unreadable(LedgerFailure.errno("open", path).reason)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable("\(path) is not a file")
        }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
            throw ServingError(
                .permissionDenied,
                "the key of the audit log can be read by others: make it yours alone (chmod 600), or remove it for a new one",
                cause: path
            )
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { throw unreadable("\(path) is empty") }
        return try key(in: bytes.prefix(count))
    }

    private func key(in bytes: ArraySlice<UInt8>) throws(ServingError) -> LedgerKey {
        let line = bytes.last == 0x0a ? bytes.dropLast() : bytes
        guard line.starts(with: Self.label.utf8),
            let seed = LedgerHexadecimal.bytes(line.dropFirst(Self.label.utf8.count)), let key = LedgerKey(seed: seed)
        else { throw unreadable("\(path) holds no key of a ledger") }
        return key
    }

    private func unreadable(_ cause: String) -> ServingError {
        ServingError(.unavailable, "the key of the audit log cannot be read", cause: cause)
    }

    /// Under another name first, so that a file with the key's name always holds a whole key.
    private func create(_ key: LedgerKey) throws(LedgerFailure) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try LedgerDirectory.create(String(path[..<slash]))
        }
        let draft = "\(path).\(getpid())"
        unlink(draft)
        defer { unlink(draft) }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .errno("create", draft) }
        defer { close(descriptor) }
        let line = Array((Self.label + LedgerHexadecimal.text(key.seed) + "\n").utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw .errno("write", draft)
        }
        guard link(draft, path) == 0 || errno == EEXIST else { throw .errno("create", path) }
    }
}
