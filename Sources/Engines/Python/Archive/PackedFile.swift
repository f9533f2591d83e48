// SPDX-License-Identifier: Apache-2.0
private import CZlib
private import Crypto

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A file that is read once from its beginning to its end, unpacked if it is gzip, and hashed as it stands.
final class PackedFile: ArchiveSource {
    private static let chunkBytes = 256 << 10

    private let descriptor: Int32
    private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
    /// At one place in memory: zlib's own state points back at it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var available: Range<Int> = 0..<0
    private var hash = SHA256()
    /// `nil` before the first bytes are seen.
    private var isPacked: Bool?
    private var isOver = false
    private var isMemberOver = false

    /// - Parameter descriptor: of a regular file, at its beginning; stays the caller's.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        stream.initialize(to: z_stream())
    }

    deinit {
        if isPacked == true { inflateEnd(stream) }
        stream.deallocate()
        chunk.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveFault) -> Int {
        if isPacked == nil { try begin() }
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = isPacked == true ? try inflate(into: rest) : try copy(into: rest)
            guard count > 0 else { break }
            filled += count
        }
        return filled
    }

    /// Reads what is left, so that gzip's own checksum has been looked at and the digest is of the whole file.
    func finish() throws(ArchiveFault) -> FileDigest {
        if isPacked != nil { try checkRest() }
        while try refill() {}
        return FileDigest(bytes: hash.finalize())
    }

    /// Behind an archive's end is what fills its last record up, and no more.
    private func checkRest() throws(ArchiveFault) {
        let rest = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.restLimit + 1, alignment: 16)
        defer { rest.deallocate() }
        guard try read(into: rest) <= Self.restLimit else {
            throw ArchiveFault("has more than \(Self.restLimit) bytes behind its end")
        }
    }

    private static let restLimit = 1 << 20

    private func begin() throws(ArchiveFault) {
        _ = try refill()
        let head = chunk[available].prefix(6)
        for (name, magic) in Self.otherFormats where head.starts(with: magic) {
            throw ArchiveFault("is packed with \(name): pack it with gzip, as .tar.gz")
        }
        isPacked = head.starts(with: [0x1F, 0x8B])
        guard isPacked == true else { return }
        // 16: with gzip's header and trailer.
        guard CZlib_inflateInit2(stream, 15 + 16) == Z_OK else {
            isPacked = false
            throw ArchiveFault("cannot be unpacked: zlib cannot be used")
        }
    }

    private static let otherFormats: [(String, [UInt8])] = [
        ("bzip2", [0x42, 0x5A, 0x68]), ("xz", [0xFD, 0x37, 0x7A, 0x58]), ("zip", [0x50, 0x4B]),
    ]

    private func copy(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveFault) -> Int {
        if available.isEmpty, try !refill() { return 0 }
        let count = min(available.count, buffer.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[available.prefix(count)]))
        available = available.dropFirst(count)
        return count
    }

    private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveFault) -> Int {
        while !isOver {
            if available.isEmpty, try !refill() {
                guard isMemberOver else { throw ArchiveFault("is cut short") }
                isOver = true
                return 0
            }
            if isMemberOver {
                // Another member may follow; what is no gzip behind the last one, gzip itself passes over, too.
                guard chunk[available].starts(with: [0x1F]) else {
                    isOver = true
                    return 0
                }
                inflateReset(stream)
                isMemberOver = false
            }
            let input = UnsafeMutableRawBufferPointer(rebasing: chunk[available])
            stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(clamping: buffer.count)
            let room = stream.pointee.avail_out
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            available = available.suffix(Int(stream.pointee.avail_in))
            switch status {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: isMemberOver = true
            default: throw ArchiveFault("is damaged: it cannot be unpacked")
            }
            let count = Int(room - stream.pointee.avail_out)
            if count > 0 { return count }
        }
        return 0
    }

    /// - Returns: whether there is more.
    private func refill() throws(ArchiveFault) -> Bool {
        var count = 0
        repeat { count = systemRead(descriptor, chunk.baseAddress, chunk.count) } while count < 0 && errno == EINTR
        guard count >= 0 else { throw ArchiveFault("cannot be read: \(String(cString: strerror(errno)))") }
        available = 0..<count
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: chunk[available]))
        return count > 0
    }
}

/// The type's own `read` hides the call's name within it.
private func systemRead(_ descriptor: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, target, count)
}
