// SPDX-License-Identifier: Apache-2.0

/// Walks the fields of one protobuf message in place, without building anything.
struct ProtobufWire {
    enum Value {
        case varint(UInt64)
        /// The range of the field's bytes in the whole buffer.
        case bytes(Range<Int>)
        /// Fixed 32 or 64 bit: nothing here is read from them.
        case fixed
    }

    enum Failure: Error { case malformed }

    private let buffer: UnsafeRawBufferPointer
    private var position: Int
    private let end: Int

    init(_ buffer: UnsafeRawBufferPointer, in range: Range<Int>) {
        self.buffer = buffer
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func next() throws(Failure) -> (number: Int, value: Value)? {
        guard position < end else { return nil }
        // The engine's reader cuts a tag to 32 bits, so a longer one would be another field to it than it is here.
        let start = position
        guard let key = UInt32(exactly: try varint()), position - start <= 5 else { throw .malformed }
        let number = Int(key >> 3)
        guard number > 0 else { throw .malformed }
        switch key & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, try fixed(8))
        case 5: return (number, try fixed(4))
        case 2:
            guard let length = Int32(exactly: try varint()).map(Int.init), length <= end - position else {
                throw .malformed
            }
            let range = position..<(position + length)
            position += length
            return (number, .bytes(range))
        default: throw .malformed
        }
    }

    private mutating func fixed(_ size: Int) throws(Failure) -> Value {
        guard size <= end - position else { throw .malformed }
        position += size
        return .fixed
    }

    mutating func varint() throws(Failure) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard position < end else { throw .malformed }
            let byte = buffer[position]
            position += 1
            result |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte & 0x80 == 0 { return result }
        }
        throw .malformed
    }

    var isAtEnd: Bool { position >= end }
}
