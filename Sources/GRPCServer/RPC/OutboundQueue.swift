// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
package import Transport

/// The messages of one call that wait for the client's windows, already framed. Pure.
///
/// Messages that are sent while others wait lie behind them in the same memory, so that many small ones leave in few
/// frames.
package struct OutboundQueue {
    /// Behind this many bytes a message is put only if it probably finds room without the memory having to grow.
    private static let segmentBytes = 32 << 10
    /// Beyond this many bytes memory mostly comes fresh from the system, which gives it as it is written to.
    private static let freshBytes = 256 << 10

    private var open = ByteBuffer()
    /// Oldest first; not written to any more.
    private var closed: [ByteBuffer] = []
    package private(set) var count = 0
    private var lastMessageBytes = 0
    /// What the closed ones take.
    private var closedMemory = 0
    /// Whether a part of what waits may have been taken already, so that what was taken ends inside a message.
    package private(set) var isPartlyTaken = false

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Bytes of memory that all of it takes: buffers grow by doubling, and go when their last byte is taken.
    package var memory: Int { closedMemory + (open.readableBytes > 0 ? Self.memory(of: open) : 0) }

    private static func memory(of buffer: ByteBuffer) -> Int {
        buffer.storageCapacity <= freshBytes ? buffer.storageCapacity : buffer.writerIndex
    }

    /// Appends a message. Its content is compressed if there is a coding for it.
    /// - Throws: what `write` throws, and `.internalError` for a message that no length can say; nothing is then added.
    package mutating func append(
        coding: ContentCoding?,
        level: Int32,
        _ write: (inout ByteBuffer) throws(ServingError) -> Void
    ) throws(ServingError) {
        if open.readableBytes >= Self.segmentBytes, open.writableBytes < lastMessageBytes { closeSegment() }
        // Taken out while `write` runs: the receiver may come back here from within it.
        var buffer = ByteBuffer()
        swap(&buffer, &open)
        defer { restore(&buffer) }
        let start = buffer.writerIndex
        do throws(ServingError) {
            if let coding {
                var plain = ByteBuffer()
                try write(&plain)
                buffer.writeInteger(UInt8(1))
                buffer.writeInteger(UInt32(0))
                try plain.withUnsafeReadableBytes { bytes throws(ServingError) in
                    try coding.deflate(bytes, level: level, into: &buffer)
                }
            } else {
                buffer.writeInteger(UInt8(0))
                buffer.writeInteger(UInt32(0))
                try write(&buffer)
            }
            let length = buffer.writerIndex - start - 5
            guard length <= Int(Int32.max) else {
                throw ServingError(.internalError, "response of \(length) bytes is larger than a message can be")
            }
            buffer.setInteger(UInt32(length), at: start + 1)
            count += length + 5
            lastMessageBytes = length + 5
        } catch {
            buffer.moveWriterIndex(to: start)
            throw error
        }
    }

    /// Up to `limit` bytes from the front; `nil` if nothing waits or nothing is asked for.
    package mutating func take(upTo limit: Int) -> ByteBuffer? {
        guard count > 0, limit > 0 else { return nil }
        if closed.isEmpty, open.readableBytes <= limit {
            var all = ByteBuffer()
            swap(&all, &open)
            count = 0
            isPartlyTaken = false
            return all
        }
        closeSegment()
        guard let piece = closed[0].readSlice(length: min(limit, closed[0].readableBytes)) else { return nil }
        if closed[0].readableBytes == 0 { closedMemory -= Self.memory(of: closed.removeFirst()) }
        count -= piece.readableBytes
        isPartlyTaken = count > 0
        return piece
    }

    package mutating func removeAll() { self = OutboundQueue() }

    private mutating func closeSegment() {
        guard open.readableBytes > 0 else { return }
        close(open)
        open = ByteBuffer()
    }

    private mutating func close(_ buffer: ByteBuffer) {
        closed.append(buffer)
        closedMemory += Self.memory(of: buffer)
    }

    private mutating func restore(_ buffer: inout ByteBuffer) {
        guard open.readableBytes > 0 else { return swap(&buffer, &open) }
        // Sent from within `write`: those messages were whole first.
        close(open)
        open = buffer
    }
}
