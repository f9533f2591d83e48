// SPDX-License-Identifier: Apache-2.0

/// Reads protobuf's JSON into a ``DynamicMessage``: the schema says which members an object may have.
struct JSONReader {
    private var scanner: JSONScanner
    private var budget: ValueBudget

    static func read(
        _ bytes: [UInt8],
        as schemaIndex: Int,
        limits: ConfigTextLimits
    ) throws(ConfigSyntaxError) -> DynamicMessage {
        var reader = JSONReader(scanner: try JSONScanner(bytes), budget: ValueBudget(limits: limits))
        let message = try reader.message(of: schemaIndex, called: "the configuration")
        guard reader.scanner.token == .end else {
            let found = reader.scanner.token.description
            throw ConfigSyntaxError("expected the end of the text, found \(found)", at: reader.scanner.position)
        }
        return message
    }

    private mutating func message(
        of schemaIndex: Int,
        called name: String
    ) throws(ConfigSyntaxError) -> DynamicMessage {
        try budget.enterMessage(at: scanner.position)
        defer { budget.leaveMessage() }
        var message = DynamicMessage(schemaIndex: schemaIndex)
        try object(called: name) { (reader, key, position) throws(ConfigSyntaxError) in
            try reader.field(key, at: position, into: &message)
        }
        return message
    }

    /// Calls `member` for each member with the scanner at its value.
    private mutating func object(
        called name: String,
        member: (inout JSONReader, String, SourcePosition) throws(ConfigSyntaxError) -> Void
    ) throws(ConfigSyntaxError) {
        guard try take(UInt8(ascii: "{")) else {
            throw ConfigSyntaxError("\(name) takes an object, found \(scanner.token.description)", at: scanner.position)
        }
        if try take(UInt8(ascii: "}")) { return }
        while true {
            let position = scanner.position
            guard case .string(let key) = scanner.token else {
                throw ConfigSyntaxError("expected a member's name, found \(scanner.token.description)", at: position)
            }
            try scanner.advance()
            guard try take(UInt8(ascii: ":")) else {
                let found = scanner.token.description
                throw ConfigSyntaxError("expected ':' after \(quoted(key)), found \(found)", at: scanner.position)
            }
            try member(&self, key, position)
            if try take(UInt8(ascii: "}")) { return }
            guard try take(UInt8(ascii: ",")) else {
                throw ConfigSyntaxError("expected ',' or '}', found \(scanner.token.description)", at: scanner.position)
            }
        }
    }

    private mutating func field(
        _ name: String,
        at position: SourcePosition,
        into message: inout DynamicMessage
    ) throws(ConfigSyntaxError) {
        let schema = message.schema
        guard let index = schema.fieldIndex(jsonNamed: name) else {
            let hint = suggestion(for: name, among: schema.fields.map(\.name))
            throw ConfigSyntaxError("\(schema.name) has no field \(quoted(name))\(hint)", at: position)
        }
        let field = schema.fields[index]
        try budget.addValue(at: position)
        // Protobuf's JSON: a null is as if the member were not there.
        if scanner.token == .word("null") {
            try scanner.advance()
            return
        }
        if let conflict = message.conflict(with: field, at: index) {
            throw ConfigSyntaxError(conflict, at: position)
        }
        guard field.isRepeated else {
            message.append(try value(of: field), at: position, toFieldAt: index)
            return
        }
        guard message[index].isEmpty else {
            throw ConfigSyntaxError("field '\(field.name)' may be given only once", at: position)
        }
        if field.isMap, let entryIndex = field.messageIndex {
            try map(of: field, entryIndex: entryIndex, at: index, into: &message)
        } else {
            try list(of: field, at: index, into: &message)
        }
    }

    private mutating func map(
        of field: FieldSchema,
        entryIndex: Int,
        at index: Int,
        into message: inout DynamicMessage
    ) throws(ConfigSyntaxError) {
        let schema = ConfigSchema.shared.messages[entryIndex]
        var keys: Set<String> = []
        try object(called: "'\(field.name)'") { (reader, key, position) throws(ConfigSyntaxError) in
            guard keys.insert(key).inserted else {
                throw ConfigSyntaxError("'\(field.name)' has the key \(quoted(key)) twice", at: position)
            }
            try reader.budget.addValue(at: position)
            var entry = DynamicMessage(schemaIndex: entryIndex)
            let keyValue = try JSONScalarReader.read(schema.fields[0], keyedBy: key, of: field.name, at: position)
            entry.append(keyValue, at: position, toFieldAt: 0)
            var valueField = schema.fields[1]
            valueField.name = field.name
            entry.append(try reader.value(of: valueField), at: position, toFieldAt: 1)
            message.append(.message(entry), at: position, toFieldAt: index)
        }
    }

    private mutating func list(
        of field: FieldSchema,
        at index: Int,
        into message: inout DynamicMessage
    ) throws(ConfigSyntaxError) {
        guard try take(UInt8(ascii: "[")) else {
            let found = scanner.token.description
            throw ConfigSyntaxError("'\(field.name)' takes an array, found \(found)", at: scanner.position)
        }
        if try take(UInt8(ascii: "]")) { return }
        while true {
            let position = scanner.position
            try budget.addValue(at: position)
            message.append(try value(of: field), at: position, toFieldAt: index)
            if try take(UInt8(ascii: "]")) { return }
            guard try take(UInt8(ascii: ",")) else {
                throw ConfigSyntaxError("expected ',' or ']', found \(scanner.token.description)", at: scanner.position)
            }
        }
    }

    private mutating func value(of field: FieldSchema) throws(ConfigSyntaxError) -> DynamicValue {
        if let messageIndex = field.messageIndex {
            return .message(try message(of: messageIndex, called: "'\(field.name)'"))
        }
        let value = try JSONScalarReader.read(field, from: scanner.token, at: scanner.position)
        try scanner.advance()
        return value
    }

    private mutating func take(_ symbol: UInt8) throws(ConfigSyntaxError) -> Bool {
        guard scanner.token == .symbol(symbol) else { return false }
        try scanner.advance()
        return true
    }
}
