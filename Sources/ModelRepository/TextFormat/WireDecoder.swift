// SPDX-License-Identifier: Apache-2.0

/// Reads protobuf's wire format into a ``DynamicMessage``, so that printers can walk a generated message by its schema.
///
/// Fields that the schema lacks are passed over.
struct WireDecoder {
    private let bytes: ArraySlice<UInt8>
    private var offset: Int

    /// `nil` if the bytes are not a message.
    static func decode(_ bytes: ArraySlice<UInt8>, as schemaIndex: Int) -> DynamicMessage? {
        var decoder = WireDecoder(bytes: bytes, offset: bytes.startIndex)
        var message = DynamicMessage(schemaIndex: schemaIndex)
        while decoder.offset < bytes.endIndex {
            guard let tag = decoder.varint(), let type = WireType(rawValue: UInt8(tag & 7)) else { return nil }
            let number = Int(tag >> 3)
            guard let index = message.schema.fieldIndex(numbered: number) else {
                guard decoder.skip(type) else { return nil }
                continue
            }
            guard decoder.read(type, into: &message, fieldAt: index) else { return nil }
        }
        return message
    }

    private mutating func read(_ type: WireType, into message: inout DynamicMessage, fieldAt index: Int) -> Bool {
        let field = message.schema.fields[index]
        if type == .lengthDelimited, field.isRepeated, field.kind.isPackable {
            guard let packed = delimited() else { return false }
            var inner = WireDecoder(bytes: packed, offset: packed.startIndex)
            while inner.offset < packed.endIndex {
                guard let value = inner.value(of: field.kind) else { return false }
                message.append(value, at: .none, toFieldAt: index)
            }
            return true
        }
        guard type == field.kind.wireType, let value = value(of: field.kind) else { return false }
        if field.isRepeated {
            message.append(value, at: .none, toFieldAt: index)
        } else {
            message.replace(with: value, fieldAt: index)
        }
        return true
    }

    private mutating func value(of kind: FieldKind) -> DynamicValue? {
        switch kind {
        case .bool: varint().map { .bool($0 != 0) }
        case .int32: varint().map { .signed(Int64(Int32(truncatingIfNeeded: $0))) }
        case .int64: varint().map { .signed(Int64(bitPattern: $0)) }
        case .uint32: varint().map { .unsigned(UInt64(UInt32(truncatingIfNeeded: $0))) }
        case .uint64: varint().map { .unsigned($0) }
        case .enumeration: varint().map { .enumeration(Int32(truncatingIfNeeded: $0)) }
        case .float: fixed(width: 4).map { .float(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
        case .double: fixed(width: 8).map { .double(Double(bitPattern: $0)) }
        case .string: delimited().map { .string(String(decoding: $0, as: UTF8.self)) }
        case .message(let index):
            delimited().flatMap { WireDecoder.decode($0, as: index) }.map { .message($0) }
        }
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.endIndex, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private mutating func fixed(width: Int) -> UInt64? {
        guard bytes.endIndex - offset >= width else { return nil }
        var value: UInt64 = 0
        for index in 0..<width { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += width
        return value
    }

    private mutating func delimited() -> ArraySlice<UInt8>? {
        guard let length = varint(), length <= UInt64(bytes.endIndex - offset) else { return nil }
        defer { offset += Int(length) }
        return bytes[offset..<offset + Int(length)]
    }

    private mutating func skip(_ type: WireType) -> Bool {
        switch type {
        case .varint: return varint() != nil
        case .fixed32: return fixed(width: 4) != nil
        case .fixed64: return fixed(width: 8) != nil
        case .lengthDelimited: return delimited() != nil
        case .startGroup: return skipGroup()
        case .endGroup: return false
        }
    }

    /// Groups nest; counting them instead of recursing keeps the stack flat.
    private mutating func skipGroup() -> Bool {
        var open = 1
        while open > 0 {
            guard let tag = varint(), let type = WireType(rawValue: UInt8(tag & 7)) else { return false }
            switch type {
            case .startGroup: open += 1
            case .endGroup: open -= 1
            default: if !skip(type) { return false }
            }
        }
        return true
    }
}
