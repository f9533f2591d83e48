// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An open file of this machine, closed with this value.
struct LocalFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    init(reading path: String) throws(ServingError) {
        try self.init(path, O_RDONLY, mode: 0)
    }

    /// A file that was not there before, readable by all and writable by nobody once it is complete.
    init(creating path: String, mode: mode_t = 0o644) throws(ServingError) {
        try self.init(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    }

    private init(_ path: String, _ flags: Int32, mode: mode_t) throws(ServingError) {
        descriptor = open(path, flags | O_CLOEXEC, mode)
        self.path = path
        guard descriptor >= 0 else { throw Self.failure("open", path) }
    }

    deinit { close(descriptor) }

    borrowing func size() throws(ServingError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("read", path) }
        return Int(status.st_size)
    }

    borrowing func readAll(_ body: (UnsafeRawBufferPointer) -> Void) throws(ServingError) {
        let buffer = AlignedStorage(count: 1 << 20)
        while true {
            let count = read(descriptor, buffer.memory.baseAddress, buffer.memory.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path) }
            guard count > 0 else { return }
            body(UnsafeRawBufferPointer(rebasing: buffer.memory[0..<count]))
        }
    }

    /// The file's whole content.
    /// - Throws: if it has more than `limit` bytes.
    static func content(of path: String, limit: Int) throws(ServingError) -> TensorBytes {
        let file = try LocalFile(reading: path)
        let size = try file.size()
        guard size <= limit else {
            throw ServingError(.payloadTooLarge, "the file has more than \(limit) bytes", cause: path)
        }
        return try TensorBytes(count: size) { (target) throws(ServingError) in
            var position = 0
            try file.readAll { part in
                // A file that grows meanwhile is cut; its digest will tell.
                let count = min(part.count, target.count - position)
                UnsafeMutableRawBufferPointer(rebasing: target[position...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: part[0..<count]))
                position += count
            }
            guard position == size else { throw failure("read", path) }
        }
    }

    borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(ServingError) {
        var position = 0
        while position < bytes.count {
            let count = Self.writeSome(descriptor, bytes, position)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", path) }
            position += count
        }
    }

    private static func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress! + position, bytes.count - position)
        #else
        Musl.write(descriptor, bytes.baseAddress! + position, bytes.count - position)
        #endif
    }

    borrowing func synchronise() throws(ServingError) {
        guard fsync(descriptor) == 0 else { throw Self.failure("write", path) }
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(ServingError) {
        let file = try LocalFile(creating: path)
        try file.write(bytes)
        try file.synchronise()
    }

    static func write(_ text: String, to path: String) throws(ServingError) {
        let bytes = TensorBytes(Array(text.utf8))
        try bytes.withUnsafeBytes { (bytes) throws(ServingError) in try write(bytes, to: path) }
    }

    static func failure(_ verb: String, _ path: String) -> ServingError {
        let reason = String(cString: strerror(errno))
        return ServingError(.internalError, "cannot \(verb) a file: \(reason)", cause: "\(path): \(reason)")
    }
}
