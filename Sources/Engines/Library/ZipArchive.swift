// SPDX-License-Identifier: Apache-2.0
private import CZlib
internal import Inference

/// Takes single files, named exactly, out of a zip archive: enough of the format for a Python wheel.
///
/// Encryption, several disks and archives beyond 4 GiB are refused; sizes are checked before anything is allocated.
struct ZipArchive {
    static let entryLimit = 65_535
    private static let endSize = 22
    private static let centralSize = 46
    private static let localSize = 30

    private let bytes: UnsafeRawBufferPointer
    private let directory: Range<Int>
    private let entryCount: Int

    private struct Entry {
        var method: Int
        var flags: Int
        var checksum: UInt32
        var compressedSize: Int
        var size: Int
        var headerOffset: Int
    }

    /// - Parameter bytes: the whole archive; must outlive this value.
    init(_ bytes: UnsafeRawBufferPointer) throws(ServingError) {
        self.bytes = bytes
        guard let end = Self.findEnd(bytes) else { throw Self.malformed("it has no end record") }
        entryCount = Self.number16(bytes, end + 10)
        let size = Self.number32(bytes, end + 12)
        let offset = Self.number32(bytes, end + 16)
        guard Self.number16(bytes, end + 4) == 0, offset <= end, size <= end - offset else {
            throw Self.malformed("its directory is not where it says")
        }
        directory = offset..<(offset + size)
    }

    /// The content of the file at exactly `path`.
    /// - Throws: if it is not there, there twice, larger than `limit` bytes, or damaged.
    func content(of path: String, limit: Int) throws(ServingError) -> TensorBytes {
        let entry = try find(path)
        guard entry.size <= limit, entry.compressedSize <= limit else {
            throw ServingError(.payloadTooLarge, "'\(path)' in the archive has more than \(limit) bytes")
        }
        guard entry.flags & 1 == 0 else { throw Self.malformed("'\(path)' is encrypted") }
        let packed = try data(of: entry, path)
        let content = try TensorBytes(count: entry.size) { (target) throws(ServingError) in
            switch entry.method {
            case 0 where packed.count == target.count: target.copyMemory(from: packed)
            case 8: try Self.inflate(packed, into: target, path)
            default: throw Self.malformed("'\(path)' is packed in an unknown way")
            }
        }
        let checksum = content.withUnsafeBytes { bytes in
            crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        guard UInt32(truncatingIfNeeded: checksum) == entry.checksum || entry.size == 0 else {
            throw Self.malformed("'\(path)' does not have its checksum")
        }
        return content
    }

    private func find(_ path: String) throws(ServingError) -> Entry {
        var found: Entry?
        var position = directory.lowerBound
        for _ in 0..<entryCount {
            guard directory.upperBound - position >= Self.centralSize, Self.number32(bytes, position) == 0x0201_4b50
            else { throw Self.malformed("its directory is damaged") }
            let nameLength = Self.number16(bytes, position + 28)
            let length =
                Self.centralSize + nameLength + Self.number16(bytes, position + 30)
                + Self.number16(bytes, position + 32)
            guard length <= directory.upperBound - position else { throw Self.malformed("its directory is damaged") }
            let name = bytes[(position + Self.centralSize)..<(position + Self.centralSize + nameLength)]
            if name.elementsEqual(path.utf8) {
                guard found == nil else { throw Self.malformed("'\(path)' is there twice") }
                found = entry(at: position)
            }
            position += length
        }
        guard let found else { throw ServingError(.notFound, "the archive has no '\(path)'") }
        return found
    }

    private func entry(at position: Int) -> Entry {
        Entry(
            method: Self.number16(bytes, position + 10),
            flags: Self.number16(bytes, position + 8),
            checksum: UInt32(Self.number32(bytes, position + 16)),
            compressedSize: Self.number32(bytes, position + 20),
            size: Self.number32(bytes, position + 24),
            headerOffset: Self.number32(bytes, position + 42)
        )
    }

    private func data(of entry: Entry, _ path: String) throws(ServingError) -> UnsafeRawBufferPointer {
        let header = entry.headerOffset
        guard header <= directory.lowerBound, directory.lowerBound - header >= Self.localSize,
            Self.number32(bytes, header) == 0x0403_4b50
        else { throw Self.malformed("'\(path)' is not where the directory says") }
        let start = header + Self.localSize + Self.number16(bytes, header + 26) + Self.number16(bytes, header + 28)
        guard start <= directory.lowerBound, entry.compressedSize <= directory.lowerBound - start else {
            throw Self.malformed("'\(path)' is not where the directory says")
        }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + entry.compressedSize)])
    }

    private static func inflate(
        _ packed: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        _ path: String
    ) throws(ServingError) {
        var stream = z_stream()
        // Negative: raw deflate data without a header of its own, as zip has it.
        guard inflateInit2_(&stream, -15, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ServingError(.internalError, "zlib cannot be used")
        }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(packed.count)
        stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(target.count)
        guard CZlib.inflate(&stream, Z_FINISH) == Z_STREAM_END, stream.avail_out == 0 else {
            throw malformed("'\(path)' cannot be unpacked")
        }
    }

    /// The end record is last but for a comment of up to 65,535 bytes.
    private static func findEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= endSize else { return nil }
        let first = max(0, bytes.count - endSize - 65_535)
        for position in stride(from: bytes.count - endSize, through: first, by: -1)
        where number32(bytes, position) == 0x0605_4b50
            && position + endSize + number16(bytes, position + 20) == bytes.count
        {
            return position
        }
        return nil
    }

    private static func number16(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
    }

    private static func number32(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    private static func malformed(_ what: String) -> ServingError {
        ServingError(.invalidArgument, "the archive cannot be read: \(what)")
    }
}
