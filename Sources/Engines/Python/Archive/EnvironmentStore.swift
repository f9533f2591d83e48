// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import Inference
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Environments of Python models that came as archives, unpacked: each once, under the SHA-256 of its archive, in
/// `environments` of Buckler's own directory.
struct EnvironmentStore {
    /// Of an archive as it stands.
    private static let archiveBytes = 8 << 30
    private static let draftPrefix = "unpacking-"
    /// One after the other: each leaves half of what is free when its turn comes. The drafts are those of this process.
    private static let turn = Mutex<Set<String>>([])

    private let path: String

    /// - Parameter home: Buckler's own directory; `nil` for what the environment says.
    init(home: String? = nil) throws(ServingError) {
        let home = try BucklerHome(home)
        try home.prepare()
        path = home.path + "/environments"
        try LocalDirectory.create(path)
    }

    /// The directory with what is in the archive. Unpacks it if that has not been done.
    /// - Parameter archive: absolute, without links.
    /// - Throws: ``ArchiveFault``, and `.internalError` where nothing can be written.
    func directory(of archive: String) throws(ServingError) -> Result<String, ArchiveFault> {
        let descriptor = open(archive, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw LocalFile.failure("open", archive) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return .failure(ArchiveFault("is no file"))
        }
        guard status.st_size <= Self.archiveBytes else {
            return .failure(ArchiveFault("has more than \(Self.archiveBytes) bytes"))
        }
        return try Self.turn.withLock { (drafts) throws(ServingError) in
            try directory(of: archive, descriptor, &drafts)
        }
    }

    private func directory(
        of archive: String,
        _ descriptor: Int32,
        _ drafts: inout Set<String>
    ) throws(ServingError) -> Result<String, ArchiveFault> {
        let known = Result { () throws(ArchiveFault) in try PackedFile(descriptor).finish() }
        guard case .success(let digest) = known else { return known }
        if LocalDirectory.exists(path + "/" + digest) { return .success(path + "/" + digest) }
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw LocalFile.failure("read", archive) }
        removeLeftOvers(but: drafts)
        let name = "\(Self.draftPrefix)\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let temporary = path + "/" + name
        guard mkdir(temporary, 0o700) == 0 else { throw LocalFile.failure("create", temporary) }
        drafts.insert(name)
        defer {
            _ = buckler_remove_tree(temporary)
            drafts.remove(name)
        }
        let unpacked = Result { () throws(ArchiveFault) in try Self.unpack(descriptor, into: temporary) }
        guard case .success(let digest) = unpacked else { return unpacked }
        // Named for what was read now: whoever changes the file meanwhile gets a name of his own.
        let directory = path + "/" + digest
        guard chmod(temporary, 0o755) == 0, rename(temporary, directory) == 0 || LocalDirectory.exists(directory) else {
            throw LocalFile.failure("move", directory)
        }
        return .success(directory)
    }

    /// Of servers that were ended while they unpacked, whose process ids may be in use again.
    private func removeLeftOvers(but drafts: Set<String>) {
        for name in LocalDirectory.list(path) where name.hasPrefix(Self.draftPrefix) && !drafts.contains(name) {
            let pid = pid_t(name.dropFirst(Self.draftPrefix.count).prefix { $0 != "-" }) ?? 0
            guard pid == getpid() || (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) else { continue }
            _ = buckler_remove_tree(path + "/" + name)
        }
    }

    /// - Returns: the SHA-256 of the archive.
    private static func unpack(_ descriptor: Int32, into directory: String) throws(ArchiveFault) -> String {
        let file = PackedFile(descriptor)
        var archive = TarReader(file)
        var limits = UnpackedTree.Limits()
        var space = statvfs()
        // The audit log may be on the same disk.
        if statvfs(directory, &space) == 0 {
            limits.bytes = min(limits.bytes, Int(space.f_bavail * space.f_frsize) / 2)
        }
        var tree = try UnpackedTree(directory, limits: limits)
        try tree.unpack(&archive)
        return try file.finish()
    }
}
