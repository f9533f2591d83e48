// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Enough of a file to see that it is another one, or was written to.
struct FileStamp: Sendable, Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int64]
    private let changed: [Int64]

    /// Of what `path` leads to, through links; `nil` if that cannot be told.
    init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        device = UInt64(truncatingIfNeeded: found.st_dev)
        inode = UInt64(truncatingIfNeeded: found.st_ino)
        size = Int64(found.st_size)
        modified = [Int64(found.st_mtim.tv_sec), Int64(found.st_mtim.tv_nsec)]
        changed = [Int64(found.st_ctim.tv_sec), Int64(found.st_ctim.tv_nsec)]
    }
}
