// SPDX-License-Identifier: Apache-2.0

/// Reads protobuf's text format into a ``DynamicMessage``, whatever the message: the schema says what may stand where.
struct TextFormatReader {
    private var scanner: TextScanner
    private var budget: ValueBudget

    /// - Throws: what is wrong with the text, and where.
    static func read(
        _ bytes: [UInt8],
        as schemaIndex: Int,
        limits: ConfigTextLimits
    ) throws(ConfigSyntaxError) -> DynamicMessage {
        var reader = TextFormatReader(
            scanner: try TextScanner(bytes),
            budget: ValueBudget(limits: limits)
        )
        return try reader.fields(of: schemaIndex, closedBy: nil, openedAt: reader.scanner.position)
    }

    /// Fields up to `closer`, or to the end of the text if there is none.
    private mutating func fields(
        of schemaIndex: Int,
        closedBy closer: UInt8?,
        openedAt opening: SourcePosition
    ) throws(ConfigSyntaxError) -> DynamicMessage {
        try budget.enterMessage(at: opening)
        defer { budget.leaveMessage() }
        var message = DynamicMessage(schemaIndex: schemaIndex)
        while true {
            switch scanner.token {
            case .end:
                if let closer {
                    let mark = Unicode.Scalar(closer)
                    throw ConfigSyntaxError("the message that starts here is not closed by '\(mark)'", at: opening)
                }
                return message
            case .symbol(let symbol) where symbol == closer:
                try scanner.advance()
                return message
            case .identifier(let name):
                try field(named: name, into: &message)
            case .symbol(UInt8(ascii: "[")):
                throw ConfigSyntaxError("a model configuration has no extensions", at: scanner.position)
            default:
                throw ConfigSyntaxError(
                    "expected the name of a field, found \(scanner.token.description)",
                    at: scanner.position
                )
            }
        }
    }

    private mutating func field(named name: String, into message: inout DynamicMessage) throws(ConfigSyntaxError) {
        let schema = message.schema
        let position = scanner.position
        guard let index = schema.fieldIndex(named: name) else {
            let hint = suggestion(for: name, among: schema.fields.map(\.name))
            throw ConfigSyntaxError("\(schema.name) has no field \(quoted(name))\(hint)", at: position)
        }
        let field = schema.fields[index]
        if let conflict = message.conflict(with: field, at: index) {
            throw ConfigSyntaxError(conflict, at: position)
        }
        try scanner.advance()
        let hasColon = try take(UInt8(ascii: ":"))
        if !hasColon, field.messageIndex == nil {
            throw ConfigSyntaxError(
                "expected ':' after '\(field.name)', found \(scanner.token.description)",
                at: scanner.position
            )
        }
        if field.isRepeated, scanner.token == .symbol(UInt8(ascii: "[")) {
            try list(of: field, at: index, into: &message)
        } else {
            try budget.addValue(at: position)
            message.append(try value(of: field), at: position, toFieldAt: index)
        }
        if try !take(UInt8(ascii: ",")) { _ = try take(UInt8(ascii: ";")) }
    }

    private mutating func list(
        of field: FieldSchema,
        at index: Int,
        into message: inout DynamicMessage
    ) throws(ConfigSyntaxError) {
        let opening = scanner.position
        try scanner.advance()
        if try take(UInt8(ascii: "]")) { return }
        while true {
            let position = scanner.position
            try budget.addValue(at: position)
            message.append(try value(of: field), at: position, toFieldAt: index)
            if try take(UInt8(ascii: "]")) { return }
            if scanner.token == .end {
                throw ConfigSyntaxError("the list that starts here is not closed by ']'", at: opening)
            }
            guard try take(UInt8(ascii: ",")) else {
                throw ConfigSyntaxError(
                    "expected ',' or ']' in the list of '\(field.name)', found \(scanner.token.description)",
                    at: scanner.position
                )
            }
        }
    }

    private mutating func value(of field: FieldSchema) throws(ConfigSyntaxError) -> DynamicValue {
        guard let messageIndex = field.messageIndex else {
            return try TextScalarReader.read(field, from: &scanner)
        }
        let opening = scanner.position
        let closer: UInt8
        switch scanner.token {
        case .symbol(UInt8(ascii: "{")): closer = UInt8(ascii: "}")
        case .symbol(UInt8(ascii: "<")): closer = UInt8(ascii: ">")
        default:
            throw ConfigSyntaxError(
                "'\(field.name)' takes \(field.kind.expectation), found \(scanner.token.description)",
                at: opening
            )
        }
        try scanner.advance()
        return .message(try fields(of: messageIndex, closedBy: closer, openedAt: opening))
    }

    private mutating func take(_ symbol: UInt8) throws(ConfigSyntaxError) -> Bool {
        guard scanner.token == .symbol(symbol) else { return false }
        try scanner.advance()
        return true
    }
}

/// Counts what a text makes the reader hold and how deep it makes it go.
struct ValueBudget {
    private let limits: ConfigTextLimits
    private var values = 0
    private var depth = 0

    init(limits: ConfigTextLimits) { self.limits = limits }

    mutating func addValue(at position: SourcePosition) throws(ConfigSyntaxError) {
        values += 1
        if values > limits.values {
            throw ConfigSyntaxError("more than \(limits.values) values in one configuration", at: position)
        }
    }

    mutating func enterMessage(at position: SourcePosition) throws(ConfigSyntaxError) {
        if depth == limits.depth {
            throw ConfigSyntaxError("messages nested more than \(limits.depth) deep", at: position)
        }
        depth += 1
    }

    mutating func leaveMessage() { depth -= 1 }
}
