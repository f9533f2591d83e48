// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Reads a file that the operator named, but never more of it than was asked for.
package enum BoundedFile {
    package static func read(_ path: String, limit: Int) throws(SettingsError) -> String {
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw SettingsError("cannot open \(Printable.text(path)): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SettingsError("\(Printable.text(path)) is not a regular file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            let count = readSome(descriptor, &chunk)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw SettingsError("cannot read \(Printable.text(path)): \(String(cString: strerror(errno)))")
            }
            bytes += chunk[..<count]
        }
        guard bytes.count <= limit else {
            throw SettingsError("\(Printable.text(path)) is longer than \(limit) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError("\(Printable.text(path)) is not UTF-8 text")
        }
        return text
    }
}

/// The C function by a name that ``BoundedFile/read(_:limit:)`` does not hide.
private func readSome(_ descriptor: CInt, _ chunk: inout [UInt8]) -> Int {
    chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
}
