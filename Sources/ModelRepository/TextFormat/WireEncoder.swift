// SPDX-License-Identifier: Apache-2.0

/// Writes a ``DynamicMessage`` as protobuf's wire format, for a generated message to read.
enum WireEncoder {
    static func encode(_ message: DynamicMessage) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, field) in message.schema.fields.enumerated() {
            let elements = message[index]
            if elements.isEmpty { continue }
            if field.isRepeated, field.kind.isPackable {
                var packed: [UInt8] = []
                for element in elements { append(element.value, of: field.kind, to: &packed) }
                appendTag(field.number, .lengthDelimited, to: &bytes)
                appendDelimited(packed, to: &bytes)
            } else {
                for element in elements {
                    appendTag(field.number, field.kind.wireType, to: &bytes)
                    append(element.value, of: field.kind, to: &bytes)
                }
            }
        }
        return bytes
    }

    private static func append(_ value: DynamicValue, of kind: FieldKind, to bytes: inout [UInt8]) {
        switch value {
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .signed(let value): appendVarint(UInt64(bitPattern: value), to: &bytes)
        case .unsigned(let value): appendVarint(value, to: &bytes)
        case .enumeration(let value): appendVarint(UInt64(bitPattern: Int64(value)), to: &bytes)
        case .float(let value): appendFixed(UInt64(value.bitPattern), width: 4, to: &bytes)
        case .double(let value): appendFixed(value.bitPattern, width: 8, to: &bytes)
        case .string(let value): appendDelimited(Array(value.utf8), to: &bytes)
        case .message(let value): appendDelimited(encode(value), to: &bytes)
        }
    }

    private static func appendTag(_ number: Int, _ type: WireType, to bytes: inout [UInt8]) {
        appendVarint(UInt64(number) << 3 | UInt64(type.rawValue), to: &bytes)
    }

    private static func appendDelimited(_ content: [UInt8], to bytes: inout [UInt8]) {
        appendVarint(UInt64(content.count), to: &bytes)
        bytes.append(contentsOf: content)
    }

    private static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func appendFixed(_ value: UInt64, width: Int, to bytes: inout [UInt8]) {
        for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
}

/// How protobuf's wire format frames a value.
enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case startGroup = 3
    case endGroup = 4
    case fixed32 = 5
}

extension FieldKind {
    var wireType: WireType {
        switch self {
        case .bool, .int32, .int64, .uint32, .uint64, .enumeration: .varint
        case .float: .fixed32
        case .double: .fixed64
        case .string, .message: .lengthDelimited
        }
    }

    /// Repeated numbers share one length in proto3.
    var isPackable: Bool { wireType != .lengthDelimited }
}
