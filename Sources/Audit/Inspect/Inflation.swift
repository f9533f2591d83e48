// SPDX-License-Identifier: Apache-2.0
private import CZlib

/// Unpacks deflated data in windows, and holds no more of it than its beginning.
struct Inflation {
    enum Wrapping: Int32 {
        /// As in a zip's members.
        case none = -15
        case zlib = 15
        case gzip = 31
    }

    /// At most as long as was asked for.
    private(set) var beginning: [UInt8] = []
    /// Bytes that came out.
    private(set) var count = 0
    private(set) var checksum: UInt32 = 0
    /// Bytes that went in.
    private(set) var consumed = 0
    /// Whether the stream came to its end.
    private(set) var isComplete = false

    /// - Parameters:
    ///   - keep: how many bytes of the beginning are held.
    ///   - limit: how many may come out; beyond, it stops and is not complete.
    /// - Throws: if the data is not deflated, or ends early.
    init(
        _ bytes: WindowedBytes,
        at start: Int,
        count packed: Int,
        wrapping: Wrapping,
        keep: Int,
        limit: Int
    ) throws(InspectionFault) {
        var stream = z_stream()
        guard CZlib_inflateInit2(&stream, wrapping.rawValue) == Z_OK else {
            throw InspectionFault("zlib cannot be used")
        }
        defer { inflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: 64 << 10)
        while consumed < packed, !isComplete, count < limit {
            var input = try bytes.prefix(at: start + consumed, count: min(32 << 10, packed - consumed))
            guard !input.isEmpty else { break }
            try step(&stream, &input, &output, keep: keep, limit: limit, at: start + consumed)
        }
        if !isComplete, count < limit {
            throw InspectionFault("has compressed data that ends early", at: start + consumed)
        }
    }

    private mutating func step(
        _ stream: inout z_stream,
        _ input: inout [UInt8],
        _ output: inout [UInt8],
        keep: Int,
        limit: Int,
        at offset: Int
    ) throws(InspectionFault) {
        var used = 0
        var isBroken = false
        repeat {
            let (status, taken, made) = Self.inflate(&stream, &input, from: used, &output)
            used += taken
            isBroken = status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR
            isComplete = status == Z_STREAM_END
            take(output, made, keep: keep)
            if taken == 0, made == 0 { break }
        } while !isBroken && !isComplete && count < limit && (used < input.count || stream.avail_out == 0)
        consumed += used
        if isBroken || (used == 0 && !isComplete && count < limit) {
            throw InspectionFault("has compressed data that cannot be unpacked", at: offset + used)
        }
    }

    private mutating func take(_ output: [UInt8], _ made: Int, keep: Int) {
        guard made > 0 else { return }
        checksum = Checksum.crc32(output, count: made, after: checksum)
        count += made
        if beginning.count < keep { beginning += output[..<min(made, keep - beginning.count)] }
    }

    private static func inflate(
        _ stream: inout z_stream,
        _ input: inout [UInt8],
        from used: Int,
        _ output: inout [UInt8]
    ) -> (status: Int32, taken: Int, made: Int) {
        // SAFETY: both buffers outlive the call, and zlib is told their true sizes.
        input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress.map { $0 + used }
                stream.avail_in = UInt32(source.count - used)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                let taken = source.count - used - Int(stream.avail_in)
                return (status, taken, target.count - Int(stream.avail_out))
            }
        }
    }
}

enum Checksum {
    /// CRC-32 as in zip.
    static func crc32(_ bytes: [UInt8], count: Int, after checksum: UInt32) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            UInt32(
                truncatingIfNeeded: CZlib.crc32(UInt(checksum), buffer.baseAddress, UInt32(min(count, buffer.count)))
            )
        }
    }
}
