// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Transport

/// One field of a message: its number and how its value is written.
package struct WireField: Equatable {
    /// Protobuf's wire types but for those of groups, which are refused.
    package enum Kind: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    package var number: Int
    package var kind: Kind

    package init(number: Int, kind: Kind) {
        self.number = number
        self.kind = kind
    }
}

/// A walk over the fields of one protobuf message. It reads nothing outside of the message whatever the message says.
///
/// Stricter than protobuf demands: groups, numbers that do not fit 64 bits and known fields of another wire type are
/// refused, not guessed at.
package struct WireReader {
    private let memory: UnsafeRawBufferPointer
    private let message: StaticString
    private let end: Int
    /// Where the next byte is read, from the beginning of `memory`.
    package private(set) var position: Int

    /// - Parameters:
    ///   - message: what errors call the message.
    package init(_ memory: UnsafeRawBufferPointer, message: StaticString) {
        self.memory = memory
        self.message = message
        position = 0
        end = memory.count
    }

    private init(_ memory: UnsafeRawBufferPointer, _ range: Range<Int>, message: StaticString) {
        self.memory = memory
        self.message = message
        position = range.lowerBound
        end = range.upperBound
    }

    /// A walk over the message that a field of this one holds.
    /// - Parameter range: as ``bytes(of:)`` gave it.
    package func inner(_ range: Range<Int>, message: StaticString) -> WireReader {
        WireReader(memory, range, message: message)
    }

    /// The next field's tag; `nil` at the end of the message.
    @inline(__always)
    package mutating func nextField() throws(ServingError) -> WireField? {
        guard position < end else { return nil }
        let tag = try varint()
        guard tag >> 3 != 0, tag <= UInt64(UInt32.max) else { throw fault("a field has an invalid number") }
        guard let kind = WireField.Kind(rawValue: UInt8(tag & 7)) else {
            throw fault("field \(tag >> 3) is a group or has an unknown wire type")
        }
        return WireField(number: Int(tag >> 3), kind: kind)
    }

    /// Whether there is no more to read: how a run of packed values is walked.
    package var isAtEnd: Bool { position >= end }

    package mutating func skip(_ field: WireField) throws(ServingError) {
        switch field.kind {
        case .varint: _ = try varint()
        case .fixed32: try advance(4)
        case .fixed64: try advance(8)
        case .bytes: _ = try bytes(of: field)
        }
    }

    /// Where the field's bytes lie.
    @inline(__always)
    package mutating func bytes(of field: WireField) throws(ServingError) -> Range<Int> {
        guard field.kind == .bytes else { throw wrongKind(field) }
        let count = try varint()
        guard count <= UInt64(end - position) else {
            throw fault("field \(field.number) says that it has \(count) bytes where \(end - position) are left")
        }
        let start = position
        position += Int(count)
        return start..<position
    }

    package mutating func varint(of field: WireField) throws(ServingError) -> UInt64 {
        guard field.kind == .varint else { throw wrongKind(field) }
        return try varint()
    }

    package mutating func fixed64(of field: WireField) throws(ServingError) -> UInt64 {
        guard field.kind == .fixed64 else { throw wrongKind(field) }
        return try fixed64()
    }

    @inline(__always)
    package mutating func varint() throws(ServingError) -> UInt64 {
        guard position < end else { throw truncated() }
        let first = memory[position]
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(ServingError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = memory[position]
            position += 1
            // The tenth byte has room for one bit.
            if shift == 63, byte > 1 { throw fault("a number is longer than 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw truncated()
    }

    package mutating func fixed32() throws(ServingError) -> UInt32 {
        guard end - position >= 4 else { throw truncated() }
        defer { position += 4 }
        return UInt32(littleEndian: memory.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    package mutating func fixed64() throws(ServingError) -> UInt64 {
        guard end - position >= 8 else { throw truncated() }
        defer { position += 8 }
        return UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    private mutating func advance(_ count: Int) throws(ServingError) {
        guard end - position >= count else { throw truncated() }
        position += count
    }
}

extension WireReader {
    /// The bytes at `range`, which ``bytes(of:)`` gave.
    package func memory(at range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[range])
    }

    /// - Throws: unless the bytes are UTF-8, which protobuf demands of strings.
    package func text(_ range: Range<Int>) throws(ServingError) -> String {
        guard let text = String(validating: memory(at: range), as: UTF8.self) else {
            throw fault("a string is not UTF-8")
        }
        return text
    }

    /// Reads a string only to see that it is one, for those that nobody is handed.
    package func checkText(_ range: Range<Int>) throws(ServingError) {
        guard memory(at: range).contains(where: { $0 >= 0x80 }) else { return }
        _ = try text(range)
    }

    /// - Throws: `.invalidArgument` if the string is longer than `limit` bytes; looked at before it is copied.
    package func text(_ range: Range<Int>, _ what: StaticString, limit: Int) throws(ServingError) -> String {
        guard range.count <= limit else { throw InferRequestRules.tooLong(what, bytes: range.count, limit: limit) }
        return try text(range)
    }

    package func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
        text.withUTF8Buffer { other in
            range.count == other.count && memory(at: range).elementsEqual(other)
        }
    }

    package func starts(_ range: Range<Int>, with text: StaticString) -> Bool {
        text.withUTF8Buffer { memory(at: range).starts(with: $0) }
    }

    private func truncated() -> ServingError { fault("it ends within a field") }

    private func wrongKind(_ field: WireField) -> ServingError {
        fault("field \(field.number) has the wrong wire type")
    }

    /// gRPC answers INTERNAL where a message cannot be read, and so does Triton.
    package func fault(_ what: String) -> ServingError {
        ServingError(.internalError, "Unable to parse request: \(message): \(what)", reason: .rejected)
    }
}
