// SPDX-License-Identifier: Apache-2.0
private import CLinux
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A key set in a file, read again when it has changed.
package struct KeySetFile: Sendable {
    /// What tells a file from what it was before; replaced files have another inode.
    private struct Version: Sendable, Equatable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modified: Int64
        var modifiedNanoseconds: Int64
        var changed: Int64
        var changedNanoseconds: Int64
        /// A file that anyone may write to is refused as long as it is one.
        var mode: UInt32

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modified = Int64(status.st_mtim.tv_sec)
            modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
            changed = Int64(status.st_ctim.tv_sec)
            changedNanoseconds = Int64(status.st_ctim.tv_nsec)
            mode = status.st_mode
        }
    }

    private let path: String
    private var version: Version?

    package init(path: String) { self.path = path }

    /// - Returns: the file's bytes, or `nil` if it is as it was when it was last read.
    /// - Throws: `.invalidArgument` if it cannot be read, is not a regular file, is too large, or anyone may write to it.
    ///   The path is in the cause.
    package mutating func readIfChanged() throws(ServingError) -> [UInt8]? {
        func refused(_ why: String) -> ServingError {
            ServingError(.invalidArgument, "the key set's file \(why)", cause: path)
        }
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refused("cannot be opened") }
        let file = OpenFile(descriptor, path: path)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else { throw refused("is not a regular file") }
        guard status.st_mode & S_IWOTH == 0 else {
            throw refused("can be changed by everyone on this machine, who could then sign tokens: chmod o-w")
        }
        let found = Version(status)
        guard found != version else { return nil }
        let bytes: [UInt8]
        do throws(ServingError) {
            bytes = try file.content(limit: KeySetDocument.byteLimit)
        } catch {
            throw refused("cannot be read, or is larger than \(KeySetDocument.byteLimit) bytes")
        }
        version = found
        return bytes
    }
}
