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
    }

    private let path: String
    private var version: Version?

    package init(path: String) { self.path = path }

    /// - Returns: the file's bytes, or `nil` if it is as it was when it was last read.
    /// - Throws: `.invalidArgument` if it cannot be read, is not a regular file or too large. The path is in the cause.
    package mutating func readIfChanged() throws(ServingError) -> [UInt8]? {
        func refused(_ why: String) -> ServingError {
            ServingError(.invalidArgument, "the key set's file \(why)", cause: path)
        }
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refused("cannot be opened") }
        defer { close(descriptor) }
        var status = buckler_file_status()
        guard buckler_file_status(descriptor, &status) == 0, status.is_regular == 1 else {
            throw refused("is not a regular file")
        }
        let found = Version(
            device: status.device,
            inode: status.inode,
            size: status.size,
            modified: status.modified_seconds,
            modifiedNanoseconds: status.modified_nanoseconds,
            changed: status.changed_seconds,
            changedNanoseconds: status.changed_nanoseconds
        )
        guard found != version else { return nil }
        guard let bytes = Self.read(descriptor, atMost: KeySetDocument.byteLimit) else {
            throw refused("cannot be read, or is larger than \(KeySetDocument.byteLimit) bytes")
        }
        version = found
        return bytes
    }

    private static func read(_ descriptor: Int32, atMost limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, filled in
                repeat {
                    count = systemRead(descriptor, buffer.baseAddress, buffer.count)
                } while count < 0 && errno == EINTR
                filled = max(0, count)
            }
            if count == 0 { return bytes }
            guard count > 0 else { return nil }
            bytes += piece
        }
        return nil
    }
}

/// The type's own `read` hides the call's name within it.
private func systemRead(_ descriptor: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, target, count)
}
