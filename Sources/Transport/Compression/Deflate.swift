// SPDX-License-Identifier: Apache-2.0
internal import CZlib
package import Inference
package import NIOCore

extension ContentCoding {
    /// Bytes that something compressed may have: what a length can say in 31 bits.
    package static let byteLimit = Int(Int32.max)

    /// Appends `bytes`, compressed, to `buffer`.
    /// - Parameter level: 1, fastest, to 9, smallest.
    /// - Throws: `.internalError`; `buffer` is then as it was, and the content can be sent as it is.
    package func deflate(
        _ bytes: UnsafeRawBufferPointer,
        level: Int32 = 6,
        into buffer: inout ByteBuffer
    ) throws(ServingError) {
        guard self != .identity else {
            buffer.writeBytes(bytes)
            return
        }
        let start = buffer.writerIndex
        // SAFETY: zlib keeps a pointer to the stream; it stays where it is for as long as this function runs.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard CZlib_deflateInit2(stream, level, self == .gzip ? 15 + 16 : 15, 8, Z_DEFAULT_STRATEGY) == Z_OK else {
            throw ServingError(.internalError, "failed to initialize state for \(rawValue) data compression")
        }
        defer { deflateEnd(stream) }
        var unread = bytes
        var status = Z_OK
        while status == Z_OK || status == Z_BUF_ERROR {
            // `deflateBound` holds for one call that takes everything, which an input of up to 4 GiB is.
            let source = min(unread.count, Int(UInt32.max))
            let space = max(64, Int(deflateBound(stream, UInt(source))))
            guard space <= Self.byteLimit - buffer.writerIndex else {
                buffer.moveWriterIndex(to: start)
                throw ServingError(.internalError, "response is too large to be compressed")
            }
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: space) { target in
                let room = min(target.count, Int(UInt32.max))
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: unread.baseAddress?.assumingMemoryBound(to: UInt8.self)
                )
                stream.pointee.avail_in = UInt32(source)
                stream.pointee.next_out = target.baseAddress!.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(room)
                status = CZlib.deflate(stream, source == unread.count ? Z_FINISH : Z_NO_FLUSH)
                unread = UnsafeRawBufferPointer(rebasing: unread[(source - Int(stream.pointee.avail_in))...])
                return room - Int(stream.pointee.avail_out)
            }
        }
        guard status == Z_STREAM_END else {
            buffer.moveWriterIndex(to: start)
            throw ServingError(.internalError, "encountered inconsistent stream state during compression")
        }
    }
}
