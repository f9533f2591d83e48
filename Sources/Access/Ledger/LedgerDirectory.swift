// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The directory with a ledger's files. Locked as long as this value lives: two writers would tear the chain.
struct LedgerDirectory: ~Copyable {
    let path: String
    private let lock: CInt

    init(locking path: String) throws(LedgerFailure) {
        let lock = try Self.lock(path)
        self.path = path
        self.lock = lock
    }

    private static func lock(_ path: String) throws(LedgerFailure) -> CInt {
        try create(path)
        let name = path + "/ledger.lock"
        let lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0 else { throw .errno("open", name) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let failure =
                errno == EWOULDBLOCK
                ? LedgerFailure("another server keeps its ledger in \(path): is one running on the same port?")
                : LedgerFailure.errno("lock", name)
            close(lock)
            throw failure
        }
        return lock
    }

    deinit { close(lock) }

    /// Makes `path` and what is missing above it, for this user alone.
    static func create(_ path: String) throws(LedgerFailure) {
        if access(path, F_OK) == 0 { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try create(String(path[..<slash])) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .errno("create", path) }
    }

    static let prefix = "ledger-"
    static let suffix = ".jsonl"

    /// The name of the file whose first line has this number. Names sort as numbers do.
    static func name(first: UInt64) -> String {
        var buffer = LedgerBuffer(capacity: 64)
        buffer.appendPadded(first, width: 19)
        return prefix + buffer.text + suffix
    }

    /// The number in a file's name.
    static func first(in name: String) -> UInt64? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
        guard digits.utf8.count == 19, let number = UInt64(digits), number <= LedgerLine.numberLimit / 2,
            Self.name(first: number) == name
        else { return nil }
        return number
    }

    /// The ledger's files, oldest first.
    static func files(in path: String) throws(LedgerFailure) -> [LedgerSpace.File] {
        guard let directory = opendir(path) else { throw .errno("read", path) }
        defer { closedir(directory) }
        var files: [LedgerSpace.File] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            guard first(in: name) != nil else { continue }
            var status = stat()
            // One that goes away meanwhile is not there.
            guard lstat(path + "/" + name, &status) == 0 else { continue }
            files.append(
                LedgerSpace.File(name: name, bytes: Int(status.st_size), modified: Int64(status.st_mtim.tv_sec))
            )
        }
        return files.sorted { $0.name < $1.name }
    }

    borrowing func files() throws(LedgerFailure) -> [LedgerSpace.File] { try Self.files(in: path) }

    borrowing func remove(_ name: String) throws(LedgerFailure) {
        guard unlink(path + "/" + name) == 0 || errno == ENOENT else { throw .errno("remove", name) }
    }

    /// Bytes that this process may still use on the file system.
    borrowing func freeBytes() throws(LedgerFailure) -> Int {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw .errno("ask for the room in", path) }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int(clamping: bytes)
    }

    /// Makes the names of files last through a loss of power.
    borrowing func synchronise() throws(LedgerFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .errno("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .errno("synchronise", path) }
    }
}
