// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An open descriptor, closed with this value, and what is asked of a file before it is trusted.
struct OpenFile: ~Copyable {
    let descriptor: CInt
    let path: String

    init(_ descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// What others may not do with it.
    struct Secrecy {
        /// Bits of the mode that must not be set.
        var forbidden: mode_t
        /// What mends it.
        var command: String
    }

    /// - Throws: `.permissionDenied`, with the command to type as the cause, unless it belongs to this user or root, is
    ///   of `kind`, and nobody else can do with it what is forbidden.
    borrowing func check(kind: mode_t, secrecy: Secrecy) throws(ServingError) {
        let found = try status()
        let place = BucklerHome.quoted(path)
        guard found.st_mode & S_IFMT == kind else {
            let what = kind == S_IFDIR ? "a directory" : "a regular file"
            throw ServingError(.permissionDenied, "what should hold API keys is not \(what)", cause: path)
        }
        guard found.st_uid == geteuid() || found.st_uid == 0 else {
            throw ServingError(
                .permissionDenied,
                "what holds API keys belongs to another user, number \(found.st_uid)",
                cause: "if you trust that user's keys, type: sudo chown -R \"$(id -un)\" \(place)"
            )
        }
        guard found.st_mode & secrecy.forbidden == 0 else {
            let mode = String(found.st_mode & 0o7777, radix: 8)
            throw ServingError(
                .permissionDenied,
                "what holds API keys is open to other users of this machine: its mode is \(mode)",
                cause: "make sure that nobody took or added keys, then type: \(secrecy.command) \(place)"
            )
        }
    }

    borrowing func status() throws(ServingError) -> stat {
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw Self.failure("read", path) }
        return found
    }

    /// All that is in it.
    /// - Throws: `.payloadTooLarge` for more than `limit` bytes.
    borrowing func content(limit: Int) throws(ServingError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            // SAFETY: the call writes at most as many bytes as the array that lends its memory has.
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw ServingError(.payloadTooLarge, "a file of API keys is longer than \(limit) bytes", cause: path)
    }

    borrowing func append(_ bytes: [UInt8]) throws(ServingError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            // SAFETY: the call reads no more bytes than the array that lends its memory has.
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    borrowing func synchronise() throws(ServingError) {
        guard fsync(descriptor) == 0 else { throw Self.failure("write", path) }
    }

    static func failure(_ verb: String, _ path: String, _ code: CInt = errno) -> ServingError {
        let reason = String(cString: strerror(code))
        let denied = code == EACCES || code == EPERM || code == EROFS
        return ServingError(
            denied ? .permissionDenied : .internalError,
            "cannot \(verb) what holds API keys: \(reason)",
            cause: [path, denied ? BucklerHome.remedy(for: path) : nil].compactMap(\.self).joined(separator: "\n")
        )
    }
}
