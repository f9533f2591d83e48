// SPDX-License-Identifier: Apache-2.0
private import CLinux

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// What lies at a path, itself: a link is a link.
package struct FileLook: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case file, directory, link, special }

    package var kind: Kind
    /// Bytes.
    package var size: Int
    /// Permission bits, set-user-id and the like included.
    package var mode: UInt32
    package var hardLinks: Int
    package var device: UInt64
    package var inode: UInt64

    fileprivate init(_ status: buckler_file_status) {
        switch mode_t(status.mode) & mode_t(S_IFMT) {
        case mode_t(S_IFREG): kind = .file
        case mode_t(S_IFDIR): kind = .directory
        case mode_t(S_IFLNK): kind = .link
        default: kind = .special
        }
        size = Int(status.size)
        mode = status.mode & 0o7777
        hardLinks = Int(clamping: status.links)
        device = status.device
        inode = status.inode
    }
}

/// An open file of a repository that is read here and there: it need not fit into memory.
package final class RepositoryFile: Sendable {
    private let file: OpenedFile
    package let look: FileLook

    fileprivate init(_ file: consuming OpenedFile) throws(FileProblem) {
        let status = try file.status()
        guard status.is_regular != 0 else { throw .notRegular }
        look = FileLook(status)
        self.file = file
    }

    /// Up to `count` bytes from `offset` on; fewer only at the end.
    package func read(at offset: Int, count: Int) throws(FileProblem) -> [UInt8] {
        guard offset >= 0, count > 0, offset < look.size else { return [] }
        let wanted = min(count, look.size - offset)
        var failure: FileProblem?
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { space, filled in
            while filled < wanted, failure == nil {
                let result = pread(file.descriptor, space.baseAddress! + filled, wanted - filled, offset + filled)
                if result > 0 {
                    filled += result
                } else if result == 0 {
                    failure = .changedWhileRead
                } else if errno != EINTR {
                    failure = .system(errno: errno)
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension RepositoryRoot {
    /// What lies at `path` itself. Links on the way there are followed as long as they stay beneath the root.
    package func look(at path: String) throws(FileProblem) -> FileLook {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard let name = names.last else { return FileLook(try locate("").status()) }
        let parent = try open(names.dropLast().joined(separator: "/"), flags: buckler_open_path_flag | O_DIRECTORY)
        let flags = UInt64(buckler_open_path_flag | O_NOFOLLOW | O_CLOEXEC)
        let resolve = buckler_resolve_beneath | buckler_resolve_no_magic_links | buckler_resolve_no_symlinks
        let result = buckler_openat2(parent.descriptor, name, flags, 0, resolve)
        if result < 0 { throw FileProblem(errno: -result) }
        return FileLook(try OpenedFile(descriptor: result, followedLink: false).status())
    }

    /// What `path` leads to, through links that stay beneath the root.
    package func lookThroughLinks(at path: String) throws(FileProblem) -> FileLook {
        FileLook(try locate(path).status())
    }

    /// What the link at `path` says; `nil` if it is none.
    package func linkText(at path: String) throws(FileProblem) -> String? {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard let name = names.last else { return nil }
        let parent = try open(names.dropLast().joined(separator: "/"), flags: buckler_open_path_flag | O_DIRECTORY)
        return try linkText(name, in: parent.descriptor)
    }

    /// Names in a directory, sorted, and whether there are others that are not UTF-8.
    package func names(
        in path: String,
        limit: Int
    ) throws(FileProblem) -> (names: [String], hasUnnameable: Bool) {
        let listing = try list(path, limit: limit)
        return (listing.names, listing.hasUnnameable)
    }

    /// Opens a regular file to read parts of it; links are followed as long as they stay beneath the root.
    package func openForReading(_ path: String) throws(FileProblem) -> RepositoryFile {
        try RepositoryFile(try openFile(path))
    }
}
