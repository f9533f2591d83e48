// SPDX-License-Identifier: Apache-2.0

/// A protobuf message as the JSON that the same server answers over HTTP. The order of fields is the order of members.
struct ProtobufSchema: Sendable {
    indirect enum Kind: Sendable {
        case text, unsigned, signed, flag
        case message(ProtobufSchema)
        /// Keys are text.
        case map(ProtobufSchema)
    }

    struct Field: Sendable {
        var number: Int
        var name: String
        var kind: Kind
        var isRepeated = false
        /// Whether the member is left out where the field is at its default.
        var isOptional = false
    }

    /// Only what is named here is entered, so that a hostile answer cannot exhaust the stack.
    var fields: [Field]

    func json(_ bytes: ArraySlice<UInt8>) throws(ClientError) -> JSONValue {
        var values: [Int: [ProtobufReader.Value]] = [:]
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() { values[field.number, default: []].append(field.value) }
        var members: [JSONMember] = []
        for field in fields {
            let found = values[field.number] ?? []
            if found.isEmpty, field.isOptional { continue }
            members.append(JSONMember(field.name, try Self.value(of: field, found)))
        }
        return .object(members)
    }

    private static func value(of field: Field, _ found: [ProtobufReader.Value]) throws(ClientError) -> JSONValue {
        if case .map(let schema) = field.kind { return try map(found, schema) }
        guard field.isRepeated else { return try scalar(found.last, field.kind) }
        var elements: [JSONValue] = []
        for value in found {
            if case .signed = field.kind, case .bytes(let packed) = value {
                elements += try ProtobufReader.packed(packed).map { .integer(Int64(bitPattern: $0)) }
            } else {
                elements.append(try scalar(value, field.kind))
            }
        }
        return .array(elements)
    }

    private static func scalar(_ value: ProtobufReader.Value?, _ kind: Kind) throws(ClientError) -> JSONValue {
        switch kind {
        case .text: return .string(try value?.text() ?? "")
        case .unsigned:
            let number = try value?.number() ?? 0
            return Int64(exactly: number).map { .integer($0) } ?? .unsigned(number)
        case .signed: return .integer(Int64(bitPattern: try value?.number() ?? 0))
        case .flag: return .bool(try value?.number() ?? 0 != 0)
        case .message(let schema), .map(let schema): return try schema.json(value?.content() ?? [])
        }
    }

    private static func map(_ entries: [ProtobufReader.Value], _ schema: ProtobufSchema) throws(ClientError)
        -> JSONValue
    {
        var members: [JSONMember] = []
        for entry in entries {
            var key = ""
            var value: ArraySlice<UInt8> = []
            var reader = ProtobufReader(try entry.content())
            while let field = try reader.next() {
                if field.number == 1 { key = try field.value.text() }
                if field.number == 2 { value = try field.value.content() }
            }
            members.append(JSONMember(key, try schema.json(value)))
        }
        return .object(members)
    }
}
