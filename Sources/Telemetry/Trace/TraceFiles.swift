// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The trace file, which is a whole JSON array after every write, and the numbered files beside it.
struct TraceFiles: ~Copyable {
    struct Failure: Error {
        var reason: String
    }

    private let path: String
    private var descriptor: CInt = -1
    /// Where the bracket that closes the array stands.
    private var end: off_t = 0
    private var nextNumber = 0

    init(path: String) { self.path = path }

    deinit { if descriptor >= 0 { close(descriptor) } }

    mutating func append(_ text: String) throws(Failure) {
        let isFirst = descriptor < 0
        if isFirst { descriptor = try Self.open(path) }
        try Self.write((isFirst ? "[" : ",") + text + "]", to: descriptor, at: end)
        end += off_t(text.utf8.count) + 1
    }

    mutating func writeNumbered(_ text: String) throws(Failure) {
        let numbered = try Self.open("\(path).\(nextNumber)")
        nextNumber += 1
        defer { close(numbered) }
        try Self.write("[" + text + "]", to: numbered, at: 0)
    }

    /// Replaces what an earlier server left, but not what a link points to.
    private static func open(_ path: String) throws(Failure) -> CInt {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW
        let descriptor = openFile(path, flags, 0o640)
        guard descriptor >= 0 else { throw Failure(reason: String(cString: strerror(errno))) }
        return descriptor
    }

    private static func write(_ text: String, to descriptor: CInt, at start: off_t) throws(Failure) {
        var text = text
        let failure = text.withUTF8 { bytes -> Failure? in
            var position = 0
            while position < bytes.count, let base = bytes.baseAddress {
                let count = pwrite(descriptor, base + position, bytes.count - position, start + off_t(position))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return Failure(reason: String(cString: strerror(errno))) }
                position += count
            }
            return nil
        }
        if let failure { throw failure }
    }
}

/// The C function by a name that ``TraceFiles`` does not hide.
private func openFile(_ path: String, _ flags: CInt, _ mode: mode_t) -> CInt { open(path, flags, mode) }
