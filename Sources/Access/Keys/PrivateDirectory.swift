// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A directory of mode 0700 and the files of mode 0600 in it. Everything is done by descriptors that were checked:
/// what a path leads to can change between two looks.
struct PrivateDirectory: ~Copyable {
    private static let directorySecrecy = OpenFile.Secrecy(forbidden: 0o077, command: "chmod 700")
    private static let fileSecrecy = OpenFile.Secrecy(forbidden: 0o077, command: "chmod 600")
    /// For how long another command may hold the lock.
    private static let patience = (attempts: 500, microseconds: UInt32(20_000))

    private let directory: OpenFile
    private let path: String

    /// - Returns: `nil` if there is none.
    static func open(_ path: String) throws(ServingError) -> PrivateDirectory? {
        let descriptor = openDirectory(path)
        // Not ENOTDIR, which is what a link gives.
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure(path) }
        return try PrivateDirectory(OpenFile(descriptor, path: path))
    }

    /// Makes it if it is not there.
    static func make(_ path: String) throws(ServingError) -> PrivateDirectory {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw OpenFile.failure("create", path) }
        let descriptor = openDirectory(path)
        guard descriptor >= 0 else { throw failure(path) }
        return try PrivateDirectory(OpenFile(descriptor, path: path))
    }

    private init(_ directory: consuming OpenFile) throws(ServingError) {
        path = directory.path
        try directory.check(kind: S_IFDIR, secrecy: Self.directorySecrecy)
        self.directory = directory
    }

    private static func openDirectory(_ path: String) -> CInt {
        openFile(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }

    private static func failure(_ path: String) -> ServingError {
        let isLink = errno == ELOOP || errno == ENOTDIR
        guard isLink else { return OpenFile.failure("open", path) }
        return ServingError(.permissionDenied, "what should hold API keys is a link, or no directory", cause: path)
    }

    /// - Returns: `nil` if there is no such file.
    borrowing func content(of name: String, limit: Int) throws(ServingError) -> [UInt8]? {
        // Without waiting: it could be a FIFO, which is found out and refused next.
        let descriptor = openat(directory.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        let whole = path + "/" + name
        if descriptor < 0, errno == ENOENT { return nil }
        if descriptor < 0, errno == ELOOP {
            throw ServingError(.permissionDenied, "what should hold API keys is a link", cause: whole)
        }
        guard descriptor >= 0 else { throw OpenFile.failure("open", whole) }
        let file = OpenFile(descriptor, path: whole)
        try file.check(kind: S_IFREG, secrecy: Self.fileSecrecy)
        return try file.content(limit: limit)
    }

    /// Puts `bytes` in the place of the file: a reader sees the old one or the new one, and so does whoever comes after a
    /// loss of power. To be called under the lock.
    borrowing func replace(_ name: String, with bytes: [UInt8]) throws(ServingError) {
        let next = name + ".new"
        // Left behind by one that was killed; nobody else writes while we hold the lock.
        unlinkat(directory.descriptor, next, 0)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = openat(directory.descriptor, next, flags, 0o600)
        guard descriptor >= 0 else { throw OpenFile.failure("create", path + "/" + next) }
        do throws(ServingError) {
            let file = OpenFile(descriptor, path: path + "/" + next)
            // A umask may have taken bits from the owner as well.
            guard fchmod(descriptor, 0o600) == 0 else { throw OpenFile.failure("create", path + "/" + next) }
            try file.append(bytes)
            try file.synchronise()
            guard renameat(directory.descriptor, next, directory.descriptor, name) == 0 else {
                throw OpenFile.failure("replace", path + "/" + name)
            }
        } catch {
            unlinkat(directory.descriptor, next, 0)
            throw error
        }
        try directory.synchronise()
    }

    /// Runs `body` while no other process or thread holds the lock of this name.
    borrowing func locked<Result>(
        by name: String,
        _ body: (borrowing PrivateDirectory) throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        let whole = path + "/" + name
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let descriptor = openat(directory.descriptor, name, flags, 0o600)
        guard descriptor >= 0 else { throw OpenFile.failure("lock", whole) }
        let file = OpenFile(descriptor, path: whole)
        try file.check(kind: S_IFREG, secrecy: Self.fileSecrecy)
        for attempt in 0... {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
            guard errno == EWOULDBLOCK || errno == EINTR else { throw OpenFile.failure("lock", whole) }
            guard attempt < Self.patience.attempts else {
                throw ServingError(
                    .unavailable,
                    "another command has held the lock of the API keys for 10 seconds",
                    cause: "to see which, type: fuser -v \(BucklerHome.quoted(whole))"
                )
            }
            usleep(Self.patience.microseconds)
        }
        return try body(self)
    }
}

/// The C function by a name that ``PrivateDirectory/open(_:)`` does not hide.
private func openFile(_ path: String, _ flags: CInt) -> CInt { open(path, flags) }
