// SPDX-License-Identifier: Apache-2.0

/// The value of a field before it becomes a generated message's.
enum DynamicValue: Sendable, Equatable {
    case bool(Bool)
    /// `int32`, `int64`.
    case signed(Int64)
    /// `uint32`, `uint64`.
    case unsigned(UInt64)
    case float(Float)
    case double(Double)
    case string(String)
    case enumeration(Int32)
    case message(DynamicMessage)
}

/// A value and where the text has it.
struct DynamicElement: Sendable, Equatable {
    var value: DynamicValue
    var position: SourcePosition
}

/// A message whose type is a ``MessageSchema``: what a text says, with the places where it says so.
struct DynamicMessage: Sendable, Equatable {
    /// In ``ConfigSchema/messages``.
    let schemaIndex: Int
    /// By the field's index in the schema; a singular field has one element.
    private(set) var fields: [Int: [DynamicElement]] = [:]

    init(schemaIndex: Int) { self.schemaIndex = schemaIndex }

    var schema: MessageSchema { ConfigSchema.shared.messages[schemaIndex] }

    subscript(fieldIndex: Int) -> [DynamicElement] { fields[fieldIndex] ?? [] }

    mutating func append(_ value: DynamicValue, at position: SourcePosition, toFieldAt index: Int) {
        fields[index, default: []].append(DynamicElement(value: value, position: position))
    }

    /// The last value wins, as it does on the wire.
    mutating func replace(with value: DynamicValue, fieldAt index: Int) {
        fields[index] = [DynamicElement(value: value, position: .none)]
    }

    /// Why `field` may not be given a value, or another one; `nil` if it may.
    func conflict(with field: FieldSchema, at index: Int) -> String? {
        if field.isRepeated { return nil }
        if fields[index] != nil { return "field '\(field.name)' may be given only once" }
        guard let oneof = field.oneof else { return nil }
        for other in fields.keys where schema.fields[other].oneof == oneof {
            return "field '\(field.name)' excludes '\(schema.fields[other].name)': both are choices of '\(oneof)'"
        }
        return nil
    }
}

extension SourcePosition {
    /// For values that come from no text.
    static let none = SourcePosition(line: 0, column: 0)
}

extension DynamicMessage {
    /// Key and value of a map's entry; what the entry leaves out has its default.
    var mapEntry: (key: DynamicValue, value: DynamicValue) {
        (
            self[0].first?.value ?? Self.defaultValue(of: schema.fields[0].kind),
            self[1].first?.value ?? Self.defaultValue(of: schema.fields[1].kind)
        )
    }

    static func defaultValue(of kind: FieldKind) -> DynamicValue {
        switch kind {
        case .bool: .bool(false)
        case .int32, .int64: .signed(0)
        case .uint32, .uint64: .unsigned(0)
        case .float: .float(0)
        case .double: .double(0)
        case .string: .string("")
        case .enumeration: .enumeration(0)
        case .message(let index): .message(DynamicMessage(schemaIndex: index))
        }
    }

    /// Entries of a map field in the order of their keys, so that printing is the same each time.
    func sortedEntries(ofFieldAt index: Int) -> [(key: DynamicValue, value: DynamicValue)] {
        let entries = self[index].compactMap { element -> (key: DynamicValue, value: DynamicValue)? in
            guard case .message(let entry) = element.value else { return nil }
            return entry.mapEntry
        }
        return entries.sorted { left, right in
            switch (left.key, right.key) {
            case (.string(let left), .string(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
            case (.unsigned(let left), .unsigned(let right)): left < right
            case (.signed(let left), .signed(let right)): left < right
            default: false
            }
        }
    }
}
