// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What can be told of a file without opening it: enough to see that it is another one, or was written to.
package enum FileState: Sendable, Equatable {
    package struct Stamp: Sendable, Equatable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modified: Time
        var changed: Time
    }

    package struct Time: Sendable, Equatable {
        var seconds: Int64
        var nanoseconds: Int64
    }

    case missing
    case present(Stamp)
    /// Nobody can say: the error's number.
    case unknown(CInt)

    /// Of what `path` leads to, through links.
    static func of(_ path: String) -> FileState {
        var found = stat()
        guard stat(path, &found) == 0 else {
            return errno == ENOENT || errno == ENOTDIR ? .missing : .unknown(errno)
        }
        return .present(
            Stamp(
                device: UInt64(truncatingIfNeeded: found.st_dev),
                inode: UInt64(truncatingIfNeeded: found.st_ino),
                size: Int64(found.st_size),
                modified: Time(seconds: Int64(found.st_mtim.tv_sec), nanoseconds: Int64(found.st_mtim.tv_nsec)),
                changed: Time(seconds: Int64(found.st_ctim.tv_sec), nanoseconds: Int64(found.st_ctim.tv_nsec))
            )
        )
    }
}
