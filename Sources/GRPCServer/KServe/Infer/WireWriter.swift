// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Sizes of what ``WireWriter`` writes; a message is measured before the first byte of it is written.
enum WireSize {
    static func varint(_ value: UInt64) -> Int {
        // Seven bits a byte, and one byte for zero.
        (70 - (value | 1).leadingZeroBitCount) / 7
    }

    /// A field with a number below 16 and `count` bytes.
    static func bytes(_ count: Int) -> Int { 1 + varint(UInt64(count)) + count }

    /// 0 for an empty string, which is not written.
    static func text(_ text: String) -> Int { text.isEmpty ? 0 : bytes(text.utf8.count) }
}

/// Writes protobuf into memory of exactly the right size. All fields have numbers below 16.
struct WireWriter {
    private let memory: UnsafeMutableRawBufferPointer
    private(set) var position = 0

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    mutating func tag(_ number: UInt8, _ kind: WireField.Kind) { byte(number << 3 | kind.rawValue) }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(truncatingIfNeeded: rest))
    }

    /// The head of a field whose `count` bytes are written next.
    mutating func open(_ number: UInt8, count: Int) {
        tag(number, .bytes)
        varint(UInt64(count))
    }

    /// Nothing if the text is empty: proto3 leaves defaults out.
    mutating func text(_ number: UInt8, _ text: String) {
        if !text.isEmpty { setText(number, text) }
    }

    /// Also an empty text: a member of a oneof is set by being there.
    mutating func setText(_ number: UInt8, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            open(number, count: utf8.count)
            copy(UnsafeRawBufferPointer(utf8))
        }
    }

    mutating func bytes(_ number: UInt8, _ bytes: TensorBytes) {
        open(number, count: bytes.count)
        bytes.withUnsafeBytes { copy($0) }
    }

    mutating func fixed64(_ value: UInt64) {
        precondition(position + 8 <= memory.count, "a message is larger than was measured")
        memory.storeBytes(of: value.littleEndian, toByteOffset: position, as: UInt64.self)
        position += 8
    }

    private mutating func byte(_ value: UInt8) {
        precondition(position < memory.count, "a message is larger than was measured")
        memory[position] = value
        position += 1
    }

    private mutating func copy(_ source: UnsafeRawBufferPointer) {
        precondition(position + source.count <= memory.count, "a message is larger than was measured")
        UnsafeMutableRawBufferPointer(rebasing: memory[position..<(position + source.count)]).copyMemory(from: source)
        position += source.count
    }
}
