// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
private import Transport

/// Messages out of the bytes of one call: a byte that says whether it is compressed, four of length, then the content.
///
/// Pure. A length is checked before anything is made for it, and memory grows with what came, never with what was
/// announced. Bytes are taken up only when ``next()`` is called, so whoever cannot take a message leaves them.
package struct MessageReader {
    package struct Message: Sendable {
        package var bytes: TensorBytes
        package var isCompressed: Bool
    }

    package enum Step: Sendable {
        case needsBytes
        /// A message of so many bytes begins; to be charged before the next step gathers them.
        case announced(bytes: Int)
        case message(Message)
    }

    /// From here on a message that lies in one piece stays where the socket put it. Below it is copied, so that a
    /// few bytes never keep a whole read buffer.
    package static let adoptionLimit = 16 << 10
    private static let prefixBytes = 5

    private enum State {
        case prefix
        case body(length: Int, isCompressed: Bool)
    }

    private let limit: Int
    private var state = State.prefix
    /// The part of a prefix that came so far, in the low bytes.
    private var prefix: UInt64 = 0
    private var prefixCount = 0
    private var unread = ByteBuffer()
    private var gathered: GrowingBytes?

    /// - Parameter limit: bytes that a message may have.
    package init(limit: Int) { self.limit = limit }

    /// Bytes that came and were not taken up yet.
    package var unreadCount: Int { unread.readableBytes }

    /// Whether the bytes taken up so far end inside a message or its prefix.
    package var isMidMessage: Bool {
        if case .body = state { return true }
        return prefixCount > 0
    }

    package mutating func append(_ bytes: ByteBuffer) {
        if unread.readableBytes == 0 {
            unread = bytes
        } else {
            unread.writeImmutableBuffer(bytes)
        }
    }

    /// Forgets what was not taken up.
    package mutating func discard() {
        unread = ByteBuffer()
        gathered = nil
    }

    /// To be called when bytes are left for later: they no longer keep a read buffer that is mostly not theirs.
    package mutating func leave() {
        guard unread.readableBytes > 0, unread.readableBytes < unread.storageCapacity / 4 else { return }
        var copy = ByteBuffer()
        copy.reserveCapacity(unread.readableBytes)
        copy.writeImmutableBuffer(unread)
        unread = copy
    }

    /// - Throws: `.resourceExhausted` for a message beyond the limit, `.internalError` for a flag that does not exist.
    package mutating func next() throws(RPCStatus) -> Step {
        switch state {
        case .prefix: try readPrefix()
        case .body(let length, let isCompressed): gather(length, isCompressed: isCompressed)
        }
    }

    private mutating func readPrefix() throws(RPCStatus) -> Step {
        while prefixCount < Self.prefixBytes {
            guard let byte = unread.readInteger(as: UInt8.self) else {
                unread = ByteBuffer()
                return .needsBytes
            }
            prefix = prefix << 8 | UInt64(byte)
            prefixCount += 1
        }
        let flag = prefix >> 32
        let length = Int(prefix & 0xFFFF_FFFF)
        guard flag <= 1 else {
            throw RPCStatus(.internalError, "a message begins with \(flag), which is neither 0 nor 1")
        }
        guard length <= limit else { throw .messageTooLarge(bytes: length, limit: limit) }
        prefix = 0
        prefixCount = 0
        state = .body(length: length, isCompressed: flag == 1)
        return .announced(bytes: length)
    }

    private mutating func gather(_ length: Int, isCompressed: Bool) -> Step {
        if gathered == nil, let whole = takeWhole(length) {
            state = .prefix
            return .message(Message(bytes: whole, isCompressed: isCompressed))
        }
        let storage = gathered ?? GrowingBytes(capacity: min(length, max(4096, unread.readableBytes)))
        gathered = storage
        let piece = min(length - storage.count, unread.readableBytes)
        if storage.room < piece {
            storage.grow(to: min(length, max(storage.count + piece, storage.capacity * 2)))
        }
        unread.withUnsafeReadableBytes { storage.append(UnsafeRawBufferPointer(rebasing: $0[..<piece])) }
        unread.moveReaderIndex(forwardBy: piece)
        if unread.readableBytes == 0 { unread = ByteBuffer() }
        guard storage.count == length else { return .needsBytes }
        gathered = nil
        state = .prefix
        return .message(
            Message(bytes: TensorBytes(owner: storage, memory: storage.bytes), isCompressed: isCompressed)
        )
    }

    /// A message that came in one piece.
    private mutating func takeWhole(_ length: Int) -> TensorBytes? {
        guard let slice = unread.readSlice(length: length) else { return nil }
        if unread.readableBytes == 0 { unread = ByteBuffer() }
        if length >= Self.adoptionLimit { return TensorBytes(adopting: slice) }
        return slice.withUnsafeReadableBytes { TensorBytes(copying: $0) }
    }
}

extension RPCStatus {
    package static func messageTooLarge(bytes: Int, limit: Int) -> RPCStatus {
        RPCStatus(
            .resourceExhausted,
            "Received message larger than max (\(bytes) vs. \(limit)). Use --grpc-max-input-size to increase the limit."
        )
    }
}
