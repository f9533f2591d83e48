// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Why bytes of a stream are no gRPC messages.
package enum GRPCFramingError: Error, Sendable, Equatable {
    case compressed
    case tooLarge(limit: Int)
    /// The stream ended within a message.
    case torn
}

/// Cuts the data of one stream into messages: a flag, a length of four bytes, then the message.
package struct GRPCMessageReader: Sendable {
    package static let prefixLength = 5

    private let limit: Int
    /// The start of a message whose end has not come yet.
    private var partial: ByteBuffer?

    /// - Parameter limit: bytes of the largest message that is read.
    package init(limit: Int) { self.limit = limit }

    package var isBetweenMessages: Bool { partial == nil }

    /// Takes the next whole message of what came before and `data`; keeps the rest once there is none.
    /// - Throws: ``GRPCFramingError``, before anything is kept for a message beyond the limit.
    package mutating func next(in data: inout ByteBuffer) throws(GRPCFramingError) -> ByteBuffer? {
        if partial != nil { return try completePartial(with: &data) }
        guard let length = try Self.length(of: data, limit: limit), data.readableBytes - Self.prefixLength >= length
        else {
            if data.readableBytes > 0 { partial = data }
            data.moveReaderIndex(to: data.writerIndex)
            return nil
        }
        data.moveReaderIndex(forwardBy: Self.prefixLength)
        return data.readSlice(length: length)
    }

    private mutating func completePartial(with data: inout ByteBuffer) throws(GRPCFramingError) -> ByteBuffer? {
        guard var kept = partial else { return nil }
        partial = nil
        if kept.readableBytes < Self.prefixLength {
            Self.move(min(Self.prefixLength - kept.readableBytes, data.readableBytes), from: &data, to: &kept)
        }
        guard let length = try Self.length(of: kept, limit: limit) else {
            partial = kept
            return nil
        }
        let missing = Self.prefixLength + length - kept.readableBytes
        // A length is a claim: room is made for what came, not for what is said to come.
        Self.move(min(missing, data.readableBytes), from: &data, to: &kept)
        guard kept.readableBytes == Self.prefixLength + length else {
            partial = kept
            return nil
        }
        kept.moveReaderIndex(forwardBy: Self.prefixLength)
        return kept
    }

    private static func move(_ count: Int, from data: inout ByteBuffer, to kept: inout ByteBuffer) {
        guard count > 0, var part = data.readSlice(length: count) else { return }
        kept.writeBuffer(&part)
    }

    /// The length that stands at the front; `nil` if the prefix is not whole.
    private static func length(of buffer: ByteBuffer, limit: Int) throws(GRPCFramingError) -> Int? {
        guard buffer.readableBytes >= prefixLength else { return nil }
        guard buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) == 0 else { throw .compressed }
        let length = Int(buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self) ?? 0)
        guard length <= limit else { throw .tooLarge(limit: limit) }
        return length
    }

    /// The message with its prefix.
    /// - Precondition: `message` has fewer than 2^32 bytes.
    package static func framed(_ message: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(prefixLength + message.count)
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(message.count))
        buffer.writeBytes(message)
        return buffer
    }
}
