// SPDX-License-Identifier: Apache-2.0

/// Reads protobuf's JSON scalars: numbers may be quoted, whole numbers may be written as `1e3` or `8.0`.
enum JSONScalarReader {
    static func read(
        _ field: FieldSchema,
        from token: JSONToken,
        at position: SourcePosition
    ) throws(ConfigSyntaxError) -> DynamicValue {
        let value: DynamicValue?
        switch field.kind {
        case .bool: value = token == .word("true") ? .bool(true) : token == .word("false") ? .bool(false) : nil
        case .int32: value = signed(token).flatMap { Int32(exactly: $0) }.map { .signed(Int64($0)) }
        case .int64: value = signed(token).map { .signed($0) }
        case .uint32: value = unsigned(token).flatMap { UInt32(exactly: $0) }.map { .unsigned(UInt64($0)) }
        case .uint64: value = unsigned(token).map { .unsigned($0) }
        case .float: value = floating(token).map { .float($0) }
        case .double: value = floating(token).map { .double($0) }
        case .string: if case .string(let text) = token { value = .string(text) } else { value = nil }
        case .enumeration(let index): value = .enumeration(try enumeration(field, index, token, position))
        case .message: value = nil
        }
        guard let value else { throw mismatch(field, token, at: position) }
        return value
    }

    /// A map's key, which JSON always quotes.
    static func read(
        _ field: FieldSchema,
        keyedBy key: String,
        of name: String,
        at position: SourcePosition
    ) throws(ConfigSyntaxError) -> DynamicValue {
        var named = field
        named.name = name
        return try read(named, from: .string(key), at: position)
    }

    private static func mismatch(
        _ field: FieldSchema,
        _ token: JSONToken,
        at position: SourcePosition
    ) -> ConfigSyntaxError {
        ConfigSyntaxError("'\(field.name)' takes \(field.kind.expectation), found \(token.description)", at: position)
    }

    /// The text of a number, quoted or not.
    private static func decimal(_ token: JSONToken) -> String? {
        switch token {
        case .number(let text): return text
        case .string(let text):
            let bytes = Array(text.utf8)
            let unsigned = bytes.first == UInt8(ascii: "-") ? Array(bytes.dropFirst()) : bytes
            return NumberText.isDecimal(unsigned, allowsOpenEnds: false) ? text : nil
        default: return nil
        }
    }

    private static func signed(_ token: JSONToken) -> Int64? {
        guard let text = decimal(token) else { return nil }
        return Int64(text) ?? wholeNumber(text)
    }

    private static func unsigned(_ token: JSONToken) -> UInt64? {
        guard let text = decimal(token) else { return nil }
        return UInt64(text) ?? wholeNumber(text).flatMap { UInt64(exactly: $0) }
    }

    /// `1e3` or `8.0`, as long as a double tells it from its neighbours.
    private static func wholeNumber(_ text: String) -> Int64? {
        guard let value = Double(text), value.magnitude < 0x1p53 else { return nil }
        return Int64(exactly: value)
    }

    private static func floating<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ token: JSONToken
    ) -> Number? {
        switch token {
        case .string("NaN"): return .nan
        case .string("Infinity"): return .infinity
        case .string("-Infinity"): return -.infinity
        default:
            // A number too large for the field is an error, not an infinity that nobody wrote.
            guard let text = decimal(token), let value = Number(text), value.isFinite else { return nil }
            return value
        }
    }

    private static func enumeration(
        _ field: FieldSchema,
        _ index: Int,
        _ token: JSONToken,
        _ position: SourcePosition
    ) throws(ConfigSyntaxError) -> Int32 {
        let schema = ConfigSchema.shared.enums[index]
        switch token {
        case .string(let name):
            if let number = schema.number(caseInsensitivelyNamed: name) { return number }
            let hint = suggestion(for: name, among: schema.values.map(\.name))
            throw ConfigSyntaxError("\(schema.name) has no value \(quoted(name))\(hint)", at: position)
        case .number(let text):
            if let number = signed(token).flatMap({ Int32(exactly: $0) }), schema.name(numbered: number) != nil {
                return number
            }
            throw ConfigSyntaxError("\(schema.name) has no value \(quoted(text))", at: position)
        default: throw mismatch(field, token, at: position)
        }
    }
}
