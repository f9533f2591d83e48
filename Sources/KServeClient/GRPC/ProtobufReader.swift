// SPDX-License-Identifier: Apache-2.0

/// Reads the fields of one protobuf message from bytes that a server sent. Nothing outside them is read, whatever lengths
/// say.
package struct ProtobufReader: Sendable {
    package enum Value: Sendable, Equatable {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)

        /// - Throws: ``ClientError/badAnswer(_:)`` if the field is not length-delimited.
        package func content() throws(ClientError) -> ArraySlice<UInt8> {
            guard case .bytes(let content) = self else { throw ProtobufReader.malformed }
            return content
        }

        package func text() throws(ClientError) -> String { String(decoding: try content(), as: UTF8.self) }

        package func number() throws(ClientError) -> UInt64 {
            guard case .varint(let number) = self else { throw ProtobufReader.malformed }
            return number
        }
    }

    package struct Field: Sendable, Equatable {
        package var number: Int
        package var value: Value
    }

    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    package init(_ bytes: [UInt8]) { rest = bytes[...] }

    static let malformed = ClientError.badAnswer("it is not the protobuf message that it should be")

    /// The next field; `nil` at the end.
    /// - Throws: ``ClientError/badAnswer(_:)`` for what is no field: a torn one, a group, number 0.
    package mutating func next() throws(ClientError) -> Field? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        guard let number = Int(exactly: tag >> 3), (1...0x1FFF_FFFF).contains(number) else { throw Self.malformed }
        switch tag & 7 {
        case 0: return Field(number: number, value: .varint(try varint()))
        case 1: return Field(number: number, value: .fixed64(try fixed(UInt64.self)))
        case 2:
            guard let length = Int(exactly: try varint()), length <= rest.count else { throw Self.malformed }
            defer { rest = rest.dropFirst(length) }
            return Field(number: number, value: .bytes(rest.prefix(length)))
        case 5: return Field(number: number, value: .fixed32(try fixed(UInt32.self)))
        default: throw Self.malformed
        }
    }

    /// The elements of a packed repeated field of varints.
    package static func packed(_ content: ArraySlice<UInt8>) throws(ClientError) -> [UInt64] {
        var reader = ProtobufReader(content)
        var numbers: [UInt64] = []
        while !reader.rest.isEmpty { numbers.append(try reader.varint()) }
        return numbers
    }

    private mutating func varint() throws(ClientError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = rest.popFirst() {
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { throw Self.malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Self.malformed
    }

    private mutating func fixed<Bits: FixedWidthInteger & UnsignedInteger>(
        _ type: Bits.Type
    ) throws(ClientError) -> Bits {
        let size = Bits.bitWidth / 8
        guard rest.count >= size else { throw Self.malformed }
        var bits: Bits = 0
        for (index, byte) in rest.prefix(size).enumerated() { bits |= Bits(byte) << Bits(8 * index) }
        rest = rest.dropFirst(size)
        return bits
    }
}
