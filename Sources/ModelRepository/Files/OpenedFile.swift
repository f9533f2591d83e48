// SPDX-License-Identifier: Apache-2.0
import CLinux
import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A descriptor that is closed when its one owner lets go of it.
struct OpenedFile: ~Copyable, Sendable {
    let descriptor: Int32
    /// Whether a symbolic link lay on the way.
    let followedLink: Bool

    deinit { close(descriptor) }

    consuming func release() -> Int32 {
        let released = descriptor
        discard self
        return released
    }

    /// Where it lies now, without links; `nil` if the kernel does not tell, or it lies nowhere any more.
    var path: String? {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { space in
            guard let start = space.baseAddress else { return nil }
            let link = "/proc/self/fd/\(descriptor)"
            let count = readlink(link, start.assumingMemoryBound(to: CChar.self), space.count)
            guard count > 0, count < space.count, space[0] == UInt8(ascii: "/") else { return nil }
            return String(validating: space[0..<count], as: UTF8.self)
        }
    }

    /// What it says, for a symbolic link that was opened itself; `nil` for anything else.
    borrowing func linkText() throws(FileProblem) -> String? {
        // The kernel's limit for a path, and a byte more to tell that a text ends.
        var text = [UInt8](repeating: 0, count: 4097)
        let count = text.withUnsafeMutableBytes { space in
            space.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlinkat(descriptor, "", $0, characters.count) } ?? 0
            }
        }
        guard count >= 0 else {
            if errno == EINVAL || errno == ENOENT { return nil }
            throw .system(errno: errno)
        }
        guard count < text.count, let text = String(validating: text[..<count], as: UTF8.self) else { throw .badPath }
        return text
    }

    borrowing func status() throws(FileProblem) -> buckler_file_status {
        var status = buckler_file_status()
        let result = buckler_file_status(descriptor, &status)
        guard result == 0 else { throw .system(errno: -result) }
        return status
    }

    /// The whole content. Memory is taken only once the size is known to be within `limit`.
    borrowing func content(limit: Int) throws(FileProblem) -> TensorBytes {
        let before = try status()
        guard before.is_regular != 0 else { throw .notRegular }
        guard before.size <= Int64(limit) else { throw .tooLarge(size: before.size, limit: limit) }
        let bytes = try TensorBytes(count: Int(before.size)) { (memory) throws(FileProblem) in try fill(memory) }
        // Neither a file that grew nor one that was rewritten in place may pass for what was checked.
        var extra: UInt8 = 0
        guard try readSome(into: &extra, count: 1) == 0 else { throw .changedWhileRead }
        let after = try status()
        guard before.isSameContent(as: after) else { throw .changedWhileRead }
        return bytes
    }

    /// The whole content in pieces of at most ``pieceBytes``.
    borrowing func scan(_ take: (UnsafeRawBufferPointer) -> Void) throws(FileProblem) {
        let before = try status()
        guard before.is_regular != 0 else { throw .notRegular }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceBytes, alignment: 16)
        defer { piece.deallocate() }
        guard let start = piece.baseAddress else { return }
        var left = before.size
        while left > 0 {
            let count = try readSome(into: start, count: Int(min(left, Int64(Self.pieceBytes))))
            guard count > 0 else { throw .changedWhileRead }
            take(UnsafeRawBufferPointer(start: start, count: count))
            left -= Int64(count)
        }
        guard try readSome(into: start, count: 1) == 0 else { throw .changedWhileRead }
        let after = try status()
        guard before.isSameContent(as: after) else { throw .changedWhileRead }
    }

    private static let pieceBytes = 256 << 10

    private borrowing func fill(_ memory: UnsafeMutableRawBufferPointer) throws(FileProblem) {
        guard let start = memory.baseAddress else { return }
        var position = 0
        while position < memory.count {
            let count = try readSome(into: start + position, count: memory.count - position)
            guard count > 0 else { throw .changedWhileRead }
            position += count
        }
    }

    // SAFETY: callers own `count` bytes at `memory`, and `read` writes no more than that.
    private borrowing func readSome(into memory: UnsafeMutableRawPointer, count: Int) throws(FileProblem) -> Int {
        while true {
            let result = read(descriptor, memory, count)
            if result >= 0 { return result }
            if errno != EINTR { throw .system(errno: errno) }
        }
    }
}

extension buckler_file_status {
    fileprivate func isSameContent(as other: buckler_file_status) -> Bool {
        size == other.size && modified_seconds == other.modified_seconds
            && modified_nanoseconds == other.modified_nanoseconds && changed_seconds == other.changed_seconds
            && changed_nanoseconds == other.changed_nanoseconds
    }
}
