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
        let known = Result { () throws(ArchiveFault) in try PackedFile(descriptor).finish() }
        guard case .success(let digest) = known else { return known }
        if LocalDirectory.exists(path + "/" + digest) { return .success(path + "/" + digest) }
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw LocalFile.failure("read", archive) }
        LocalDirectory.removeLeftovers(in: path)
        let temporary = try LocalDirectory.createTemporary(in: path)
        defer { _ = buckler_remove_tree(temporary) }
        let unpacked = Result { () throws(ArchiveFault) in try Self.unpack(descriptor, into: temporary) }
        guard case .success(let digest) = unpacked else { return unpacked }
        // Named for what was read now: whoever changes the file meanwhile gets a name of his own.
        let directory = path + "/" + digest
        guard chmod(temporary, 0o755) == 0, rename(temporary, directory) == 0 || LocalDirectory.exists(directory) else {
            throw LocalFile.failure("move", directory)
        }
        return .success(directory)
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
