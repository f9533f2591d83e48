// SPDX-License-Identifier: Apache-2.0

/// Walks the fields of one protobuf message in a file, without reading what they hold.
struct ProtobufFields {
    enum Value: Equatable {
        case varint(UInt64)
        /// Where the field's bytes are.
        case bytes(Range<Int>)
        case fixed32
        case fixed64
    }

    private let bytes: WindowedBytes
    private(set) var position: Int
    private let end: Int

    init(_ bytes: WindowedBytes, in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether a file is fields from its beginning to its end.
    static func areWellFormed(_ bytes: WindowedBytes) -> Bool {
        var fields = ProtobufFields(bytes, in: 0..<bytes.count)
        do throws(InspectionFault) {
            while try fields.next() != nil {}
        } catch {
            return false
        }
        return bytes.count > 0
    }

    var isAtEnd: Bool { position >= end }

    mutating func next() throws(InspectionFault) -> (number: Int, value: Value)? {
        guard position < end else { return nil }
        let start = position
        // Readers cut a tag to 32 bits, so a longer one would be another field to them than it is here.
        guard let key = UInt32(exactly: try varint()), position - start <= 5, key >> 3 > 0 else {
            throw InspectionFault("has a field without a valid number", at: start)
        }
        let number = Int(key >> 3)
        switch key & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, try fixed(8, .fixed64))
        case 5: return (number, try fixed(4, .fixed32))
        case 2:
            guard let length = Int32(exactly: Int64(truncatingIfNeeded: try varint())), length >= 0,
                Int(length) <= end - position
            else { throw InspectionFault("has a field that reaches beyond its end", at: start) }
            let range = position..<(position + Int(length))
            position += Int(length)
            return (number, .bytes(range))
        case 3, 4: throw InspectionFault("has a group, which no model uses", at: start)
        default: throw InspectionFault("has a field of unknown kind", at: start)
        }
    }

    private mutating func fixed(_ size: Int, _ value: Value) throws(InspectionFault) -> Value {
        guard size <= end - position else { throw InspectionFault("ends within a field", at: position) }
        position += size
        return value
    }

    mutating func varint() throws(InspectionFault) -> UInt64 {
        var result: UInt64 = 0
        let start = position
        for shift in stride(from: 0, to: 70, by: 7) {
            guard position < end else { throw InspectionFault("ends within a number", at: start) }
            let byte = try bytes.byte(at: position)
            position += 1
            if shift == 63, byte > 1 { throw InspectionFault("has a number of more than 64 bits", at: start) }
            result |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte & 0x80 == 0 { return result }
        }
        throw InspectionFault("has a number of more than 10 bytes", at: start)
    }
}

extension WindowedBytes {
    /// The text of a field, cut at some bytes.
    func text(_ range: Range<Int>, limit: Int = 4096) throws(InspectionFault) -> String {
        String(decoding: try bytes(at: range.lowerBound, count: min(range.count, limit)), as: UTF8.self)
    }
}
