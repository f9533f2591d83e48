// SPDX-License-Identifier: Apache-2.0
private import CLinux

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A directory that an archive is unpacked into. Nothing is made outside of it, through a link or in the place of
/// something that is there, whatever names the archive has; owners, special bits and times are not taken over.
struct UnpackedTree: ~Copyable {
    struct Limits: Equatable {
        var bytes = 16 << 30
        var entries = 1_000_000
    }

    /// What anything takes that is made, however little is in it.
    private static let entryBytes = 4096
    private static let pathBytes = 4096
    private static let depth = 64
    /// `RESOLVE_NO_MAGICLINKS`, `RESOLVE_NO_SYMLINKS` and `RESOLVE_BENEATH` of openat2(2).
    private static let resolve: UInt64 = 0x02 | 0x04 | 0x08

    private let root: Int32
    private let limits: Limits
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var bytes = 0
    private var entries = 0

    /// - Parameter directory: empty, and nobody else's.
    init(_ directory: String, limits: Limits = Limits()) throws(ArchiveFault) {
        root = openDirectory(directory)
        self.limits = limits
        guard root >= 0 else { throw Self.failure("cannot be unpacked") }
    }

    deinit {
        close(root)
        buffer.deallocate()
    }

    /// Takes all entries over.
    mutating func unpack(_ archive: inout TarReader) throws(ArchiveFault) {
        while let entry = try archive.next() { try add(entry, &archive) }
        // What is renamed next is to have its content also after a loss of power.
        sync()
    }

    private mutating func add(_ entry: TarEntry, _ archive: inout TarReader) throws(ArchiveFault) {
        try count()
        let parts = try Self.parts(of: entry.path)
        guard let name = parts.last else {
            if entry.kind == .directory { return }
            throw ArchiveFault("has an entry without a name")
        }
        let parent = try directory(parts.dropLast())
        defer { close(parent) }
        switch entry.kind {
        case .directory:
            guard mkdirat(parent, name, 0o755) == 0 || errno == EEXIST else { throw Self.failure("has", name) }
            // It may be there, and be none.
            close(try directory(parts[...]))
        case .file: try write(&archive, name, in: parent, entry)
        case .symbolicLink(let target):
            guard let text = Self.text(target), symlinkat(text, parent, name) == 0 else {
                throw Self.failure("has", name)
            }
        case .hardLink(let target): try link(to: target, name, in: parent)
        }
    }

    /// One thing more, whether the archive names it or it lies on the way to one that it names.
    private mutating func count() throws(ArchiveFault) {
        entries += 1
        guard entries <= limits.entries else { throw ArchiveFault("has more than \(limits.entries) entries") }
        try take(Self.entryBytes)
    }

    private mutating func take(_ size: Int) throws(ArchiveFault) {
        guard size <= limits.bytes - bytes else {
            throw ArchiveFault("has more than \(limits.bytes) bytes once it is unpacked")
        }
        bytes += size
    }

    private mutating func write(
        _ archive: inout TarReader,
        _ name: String,
        in parent: Int32,
        _ entry: TarEntry
    ) throws(ArchiveFault) {
        try take(entry.size)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(parent, name, flags, entry.isExecutable ? 0o755 : 0o644)
        guard file >= 0 else { throw Self.failure("has", name) }
        defer { close(file) }
        while true {
            let count = try archive.readContent(into: buffer)
            guard count > 0 else { break }
            var done = 0
            while done < count {
                let written = systemWrite(file, UnsafeRawBufferPointer(rebasing: buffer[done..<count]))
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw Self.failure("cannot be unpacked:", name) }
                done += written
            }
        }
        // A umask may have taken bits away that the workers' users need.
        guard fchmod(file, entry.isExecutable ? 0o755 : 0o644) == 0 else { throw Self.failure("has", name) }
    }

    /// To a file that came before it.
    private func link(to target: [UInt8], _ name: String, in parent: Int32) throws(ArchiveFault) {
        let parts = try Self.parts(of: target)
        guard let last = parts.last else { throw ArchiveFault("has a link '\(name)' to nothing") }
        let directory = openBeneath(parts.dropLast())
        guard directory >= 0 else { throw ArchiveFault("has a link '\(name)' to what did not come before it") }
        defer { close(directory) }
        var status = stat()
        guard fstatat(directory, last, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ArchiveFault("has a link '\(name)' to what is no file that came before it")
        }
        guard linkat(directory, last, parent, name, 0) == 0 else { throw Self.failure("has", name) }
    }

    /// Makes what is missing.
    /// - Returns: a descriptor, which is the caller's.
    private mutating func directory(_ parts: ArraySlice<String>) throws(ArchiveFault) -> Int32 {
        let whole = openBeneath(parts)
        if whole >= 0 { return whole }
        var made = openBeneath([])
        for part in parts {
            guard made >= 0 else { break }
            let parent = made
            defer { close(parent) }
            made = buckler_openat2(parent, part, Self.directoryFlags, 0, Self.resolve)
            guard made == -ENOENT else { continue }
            try count()
            if mkdirat(parent, part, 0o755) == 0 { fchmodat(parent, part, 0o755, 0) }
            made = buckler_openat2(parent, part, Self.directoryFlags, 0, Self.resolve)
        }
        guard made >= 0 else {
            throw ArchiveFault("has '\(parts.joined(separator: "/"))' as a directory, which is a file or a link")
        }
        return made
    }

    private static let directoryFlags = UInt64(buckler_open_path_flag | O_DIRECTORY | O_CLOEXEC)

    private func openBeneath(_ parts: ArraySlice<String>) -> Int32 {
        let path = parts.isEmpty ? "." : parts.joined(separator: "/")
        return buckler_openat2(root, path, Self.directoryFlags, 0, Self.resolve)
    }

    /// - Throws: for a path that is absolute, leads upwards, or is too long.
    private static func parts(of path: [UInt8]) throws(ArchiveFault) -> [String] {
        guard let text = text(path), path.count <= pathBytes else {
            throw ArchiveFault("has a name that is no UTF-8, has a zero in it, or is longer than \(pathBytes) bytes")
        }
        guard !text.hasPrefix("/") else { throw ArchiveFault("has an absolute name: '\(text.prefix(200))'") }
        let parts = text.split(separator: "/").filter { $0 != "." }.map { String($0) }
        guard !parts.contains("..") else {
            throw ArchiveFault("has a name that leads out of it: '\(text.prefix(200))'")
        }
        guard parts.count <= depth else { throw ArchiveFault("has directories more than \(depth) deep") }
        return parts
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func failure(_ what: String, _ name: String? = nil) -> ArchiveFault {
        let reason = errno == EEXIST ? "comes twice" : String(cString: strerror(errno))
        return ArchiveFault(name.map { "\(what) '\($0.prefix(200))': \(reason)" } ?? "\(what): \(reason)")
    }
}

private func openDirectory(_ path: String) -> Int32 {
    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
