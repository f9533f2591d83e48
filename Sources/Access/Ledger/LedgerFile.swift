// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// An open file of the ledger, closed with this value.
struct LedgerFile: ~Copyable {
    enum Access {
        /// A new file, which must not be there.
        case create
        case append
        case read
    }

    let path: String
    private let descriptor: CInt

    /// A link is not followed: it would let someone else choose what is written to.
    init(_ path: String, _ access: Access) throws(LedgerFailure) {
        let flags =
            switch access {
            case .create: O_WRONLY | O_APPEND | O_CREAT | O_EXCL
            case .append: O_WRONLY | O_APPEND
            case .read: O_RDONLY | O_NONBLOCK
            }
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        self.path = path
        guard descriptor >= 0 else { throw .errno("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw LedgerFailure("\(path) is not a file")
        }
    }

    deinit { close(descriptor) }

    /// Writes as much as there is room for.
    /// - Returns: how many bytes.
    /// - Throws: if there were none.
    borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(LedgerFailure) -> Int {
        while true {
            let count = writeSome(descriptor, bytes.baseAddress, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 || bytes.isEmpty else { throw .errno("write", path) }
            return count
        }
    }

    /// Whether its name still leads to it. What is written to a file that was removed or replaced succeeds, and is lost.
    var isInPlace: Bool {
        var opened = stat()
        var named = stat()
        guard fstat(descriptor, &opened) == 0 else { return true }
        guard lstat(path, &named) == 0 else { return errno != ENOENT && errno != ENOTDIR }
        return opened.st_nlink > 0 && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }

    borrowing func synchronise() throws(LedgerFailure) {
        while fdatasync(descriptor) != 0 {
            guard errno == EINTR else { throw .errno("synchronise", path) }
        }
    }

    borrowing func truncate(to bytes: Int) throws(LedgerFailure) {
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw .errno("truncate", path) }
    }

    /// Hands over each whole line, without its line break, until one is refused. A line that is longer than any line of
    /// a ledger comes in a part, which is none.
    /// - Returns: bytes behind the last line break.
    borrowing func forEachLine(_ body: (ArraySlice<UInt8>) -> Bool) throws(LedgerFailure) -> Int {
        var buffer = [UInt8](repeating: 0, count: 4 * LedgerLine.lengthLimit)
        var filled = 0
        while true {
            let count = readSome(descriptor, &buffer, from: filled)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .errno("read", path) }
            guard count > 0 else { return filled }
            filled += count
            var start = 0
            while let end = lineBreak(in: buffer, from: start, to: filled) {
                guard body(buffer[start..<end]) else { return 0 }
                start = end + 1
            }
            if filled - start > LedgerLine.lengthLimit {
                guard body(buffer[start..<(start + LedgerLine.lengthLimit + 1)]) else { return 0 }
                start = filled
            }
            buffer.withUnsafeMutableBytes { memory in
                memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<filled]))
            }
            filled -= start
        }
    }

    private borrowing func lineBreak(in buffer: [UInt8], from start: Int, to end: Int) -> Int? {
        buffer.withUnsafeBytes { memory in
            guard start < end, let base = memory.baseAddress, let found = memchr(base + start, 0x0a, end - start) else {
                return nil
            }
            return UnsafeRawPointer(found) - base
        }
    }
}

/// The C functions by names that ``LedgerFile`` does not hide.
private func writeSome(_ descriptor: CInt, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, start, count)
}

private func readSome(_ descriptor: CInt, _ buffer: inout [UInt8], from start: Int) -> Int {
    buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start) }
}
