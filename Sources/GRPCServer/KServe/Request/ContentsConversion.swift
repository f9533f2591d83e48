// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Writes the elements of one field of `InferTensorContents` as a little-endian tensor.
struct ContentsConversion {
    let field: TypedContents.Field
    let type: DataType
    let input: String
    private var memory: UnsafeMutableRawBufferPointer
    private var offset = 0
    private var index = 0

    /// - Parameter memory: as large as ``TypedContents/byteCount(of:as:)`` says.
    init(field: TypedContents.Field, type: DataType, input: String, memory: UnsafeMutableRawBufferPointer) {
        self.field = field
        self.type = type
        self.input = input
        self.memory = memory
    }

    /// Takes one occurrence of the message that was counted before.
    mutating func take(_ contents: WireReader) throws(ServingError) {
        var reader = contents
        while let found = try reader.nextField() {
            guard found.number == field.rawValue else {
                try reader.skip(found)
                continue
            }
            if field == .bytes {
                appendText(reader.memory(at: try reader.bytes(of: found)))
            } else if found.kind == .bytes {
                var packed = reader.inner(try reader.bytes(of: found), message: "InferTensorContents")
                while !packed.isAtEnd { try appendElement(&packed) }
            } else {
                try appendElement(&reader)
            }
        }
    }

    private mutating func appendElement(_ reader: inout WireReader) throws(ServingError) {
        switch field {
        case .bool: store(UInt8(try reader.varint() == 0 ? 0 : 1))
        case .int: try appendSigned(Int32(truncatingIfNeeded: try reader.varint()))
        case .uint: try appendUnsigned(UInt32(truncatingIfNeeded: try reader.varint()))
        case .int64, .uint64: store(try reader.varint())
        case .fp32: store(try reader.fixed32())
        case .fp64: store(try reader.fixed64())
        case .bytes: break
        }
        index += 1
    }

    /// Triton keeps the low bits of what does not fit; that would be another number than the client's.
    private mutating func appendSigned(_ value: Int32) throws(ServingError) {
        switch type {
        case .int8: store(try narrowed(value, to: Int8.self))
        case .int16: store(try narrowed(value, to: Int16.self))
        default: store(value)
        }
    }

    private mutating func appendUnsigned(_ value: UInt32) throws(ServingError) {
        switch type {
        case .uint8: store(try narrowed(value, to: UInt8.self))
        case .uint16: store(try narrowed(value, to: UInt16.self))
        default: store(value)
        }
    }

    private func narrowed<Wide: FixedWidthInteger, Narrow: FixedWidthInteger>(
        _ value: Wide,
        to: Narrow.Type
    ) throws(ServingError) -> Narrow {
        guard let narrow = Narrow(exactly: value) else {
            throw ServingError(
                .invalidArgument,
                "value \(value) is out of range of \(type.wireName) for input '\(input)' at element \(index)"
            )
        }
        return narrow
    }

    private mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        precondition(offset + MemoryLayout<Value>.size <= memory.count, "more elements than were counted")
        memory.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        offset += MemoryLayout<Value>.size
    }

    private mutating func appendText(_ text: UnsafeRawBufferPointer) {
        store(UInt32(text.count))
        precondition(offset + text.count <= memory.count, "more elements than were counted")
        UnsafeMutableRawBufferPointer(rebasing: memory[offset..<(offset + text.count)]).copyMemory(from: text)
        offset += text.count
    }
}
