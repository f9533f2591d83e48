// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos
private import SwiftProtobuf

/// What a field holds; messages and enums are named by their index in the ``ConfigSchema``.
enum FieldKind: Sendable, Equatable {
    case bool, int32, int64, uint32, uint64, float, double, string
    case enumeration(Int)
    case message(Int)

    /// As errors call it.
    var expectation: String {
        switch self {
        case .bool: "true or false"
        case .int32: "a 32-bit integer"
        case .int64: "a 64-bit integer"
        case .uint32: "an unsigned 32-bit integer"
        case .uint64: "an unsigned 64-bit integer"
        case .float, .double: "a number"
        case .string: "a string"
        case .enumeration: "the name of a value"
        case .message: "a message in braces"
        }
    }
}

struct FieldSchema: Sendable {
    var name: String
    var jsonName: String
    var number: Int
    var kind: FieldKind
    var isRepeated: Bool
    /// A repeated message of a key and a value.
    var isMap: Bool
    /// The name of the oneof that the field belongs to.
    var oneof: String?

    var messageIndex: Int? {
        if case .message(let index) = kind { index } else { nil }
    }
}

struct MessageSchema: Sendable {
    /// Without the package: `ModelSequenceBatching.State`.
    var name: String
    /// In the order in which the file declares them, which is the order that printers keep.
    var fields: [FieldSchema]
    private var indexByName: [String: Int] = [:]
    private var indexByJSONName: [String: Int] = [:]
    private var indexByNumber: [Int: Int] = [:]

    init(name: String, fields: [FieldSchema]) {
        self.name = name
        self.fields = fields
        for (index, field) in fields.enumerated() {
            indexByName[field.name] = index
            indexByJSONName[field.jsonName] = index
            indexByNumber[field.number] = index
        }
    }

    func fieldIndex(named name: String) -> Int? {
        isASCII(name) ? indexByName[name] : nil
    }

    /// Both spellings that protobuf's JSON knows: `max_batch_size` and `maxBatchSize`.
    func fieldIndex(jsonNamed name: String) -> Int? {
        isASCII(name) ? indexByJSONName[name] ?? indexByName[name] : nil
    }

    func fieldIndex(numbered number: Int) -> Int? { indexByNumber[number] }
}

struct EnumSchema: Sendable {
    var name: String
    var values: [(name: String, number: Int32)]

    func number(named name: String) -> Int32? {
        guard isASCII(name) else { return nil }
        return values.first { $0.name == name }?.number
    }

    func number(caseInsensitivelyNamed name: String) -> Int32? {
        guard isASCII(name) else { return nil }
        let upper = name.uppercased()
        return values.first { $0.name == upper }?.number
    }

    func name(numbered number: Int32) -> String? { values.first { $0.number == number }?.name }
}

/// Strings that Unicode holds equal to an ASCII name, such as one with a Kelvin sign, are not that name.
private func isASCII(_ text: String) -> Bool { text.utf8.allSatisfy { $0 < 0x80 } }

/// All messages and enums that a model's configuration is made of.
struct ConfigSchema: Sendable {
    private(set) var messages: [MessageSchema] = []
    private(set) var enums: [EnumSchema] = []
    private(set) var modelConfig = 0

    /// From the generated descriptors.
    static let shared = ConfigSchema()

    private init() {
        guard let set = try? Google_Protobuf_FileDescriptorSet(serializedBytes: InferenceProtos.descriptorSet),
            let file = set.file.first(where: { $0.name == "model_config.proto" })
        else { preconditionFailure("the generated descriptors do not describe the model configuration") }
        var declared = Declarations()
        for type in file.enumType { declared.add(type, within: "") }
        for type in file.messageType { declared.add(type, within: "") }
        enums = declared.enums
        messages = declared.messages.map { name, type in
            MessageSchema(name: name, fields: type.field.map { declared.schema(of: $0, in: type) })
        }
        modelConfig = declared.messageIndex["ModelConfig"] ?? 0
    }
}

/// Every type of a file by its name, flat, so that fields can refer to any of them.
private struct Declarations {
    var messages: [(name: String, type: Google_Protobuf_DescriptorProto)] = []
    var messageIndex: [String: Int] = [:]
    var enums: [EnumSchema] = []
    var enumIndex: [String: Int] = [:]

    mutating func add(_ type: Google_Protobuf_DescriptorProto, within scope: String) {
        let name = scope + type.name
        messageIndex[name] = messages.count
        messages.append((name, type))
        for nested in type.enumType { add(nested, within: name + ".") }
        for nested in type.nestedType { add(nested, within: name + ".") }
    }

    mutating func add(_ type: Google_Protobuf_EnumDescriptorProto, within scope: String) {
        enumIndex[scope + type.name] = enums.count
        enums.append(EnumSchema(name: scope + type.name, values: type.value.map { ($0.name, $0.number) }))
    }

    func schema(of field: Google_Protobuf_FieldDescriptorProto, in type: Google_Protobuf_DescriptorProto) -> FieldSchema
    {
        let kind = kind(of: field)
        var isMap = false
        if case .message(let index) = kind { isMap = messages[index].type.options.mapEntry }
        return FieldSchema(
            name: field.name,
            jsonName: field.jsonName.isEmpty ? camelCase(field.name) : field.jsonName,
            number: Int(field.number),
            kind: kind,
            isRepeated: field.label == .repeated,
            isMap: isMap,
            oneof: field.hasOneofIndex ? type.oneofDecl[Int(field.oneofIndex)].name : nil
        )
    }

    private func kind(of field: Google_Protobuf_FieldDescriptorProto) -> FieldKind {
        let typeName = String(field.typeName.dropFirst(".inference.".count))
        switch field.type {
        case .bool: return .bool
        case .int32: return .int32
        case .int64: return .int64
        case .uint32: return .uint32
        case .uint64: return .uint64
        case .float: return .float
        case .double: return .double
        case .string: return .string
        case .enum: if let index = enumIndex[typeName] { return .enumeration(index) }
        case .message: if let index = messageIndex[typeName] { return .message(index) }
        default: break
        }
        preconditionFailure("\(field.name) has a type that no model configuration uses")
    }

    private func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}
