// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import Inference

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
        let known = Result { () throws(ArchiveFault) in try PackedFile(descriptor).finish() }
        guard case .success(let digest) = known else { return known.map(place(of:)) }
        if LocalDirectory.exists(place(of: digest)) { return .success(place(of: digest)) }
        return try unpacked(descriptor, digest)
    }

    private func place(of digest: FileDigest) -> String { "\(path)/\(digest)" }

    /// One archive after the other, whichever servers share the directory: each leaves half of what is free when its turn
    /// comes, and what is found of others then was left by one that was killed.
    private func unpacked(
        _ descriptor: Int32,
        _ digest: FileDigest
    ) throws(ServingError) -> Result<String, ArchiveFault> {
        let turn = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard turn >= 0 else { throw LocalFile.failure("open", path) }
        defer { close(turn) }
        while flock(turn, LOCK_EX) != 0 {
            guard errno == EINTR else { throw LocalFile.failure("lock", path) }
        }
        if LocalDirectory.exists(place(of: digest)) { return .success(place(of: digest)) }
        for name in LocalDirectory.list(path) where name.hasPrefix(Self.draftPrefix) {
            _ = buckler_remove_tree(path + "/" + name)
        }
        let draft = path + "/" + Self.draftPrefix + digest.description
        guard lseek(descriptor, 0, SEEK_SET) == 0, mkdir(draft, 0o700) == 0 else {
            throw LocalFile.failure("create", draft)
        }
        defer { _ = buckler_remove_tree(draft) }
        let read = Result { () throws(ArchiveFault) in try Self.unpack(descriptor, into: draft) }
        guard case .success(let digest) = read else { return read.map(place(of:)) }
        // Named for what was read now: whoever changes the file meanwhile gets a name of his own.
        let directory = place(of: digest)
        guard chmod(draft, 0o755) == 0, rename(draft, directory) == 0 || LocalDirectory.exists(directory) else {
            throw LocalFile.failure("move", directory)
        }
        return .success(directory)
    }

    /// - Returns: that of the archive.
    private static func unpack(_ descriptor: Int32, into directory: String) throws(ArchiveFault) -> FileDigest {
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
