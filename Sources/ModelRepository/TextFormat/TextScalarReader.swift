// SPDX-License-Identifier: Apache-2.0

/// Reads the text format's numbers, strings, booleans and enum values, each as its field wants it.
enum TextScalarReader {
    static func read(
        _ field: FieldSchema,
        from scanner: inout TextScanner
    ) throws(ConfigSyntaxError) -> DynamicValue {
        switch field.kind {
        case .bool: .bool(try boolean(field, &scanner))
        case .int32: .signed(try signed(field, &scanner, in: Int64(Int32.min)...Int64(Int32.max)))
        case .int64: .signed(try signed(field, &scanner, in: .min ... .max))
        case .uint32: .unsigned(try unsigned(field, &scanner, upTo: UInt64(UInt32.max)))
        case .uint64: .unsigned(try unsigned(field, &scanner, upTo: .max))
        case .float: .float(try floating(field, &scanner))
        case .double: .double(try floating(field, &scanner))
        case .string: .string(try string(field, &scanner))
        case .enumeration(let index): .enumeration(try enumeration(field, index, &scanner))
        case .message: throw mismatch(field, scanner.token, at: scanner.position)
        }
    }

    private static func mismatch(
        _ field: FieldSchema,
        _ token: TextToken,
        at position: SourcePosition
    ) -> ConfigSyntaxError {
        ConfigSyntaxError("'\(field.name)' takes \(field.kind.expectation), found \(token.description)", at: position)
    }

    private static func takeMinus(_ scanner: inout TextScanner) throws(ConfigSyntaxError) -> Bool {
        guard scanner.token == .symbol(UInt8(ascii: "-")) else { return false }
        try scanner.advance()
        return true
    }

    private static func boolean(
        _ field: FieldSchema,
        _ scanner: inout TextScanner
    ) throws(ConfigSyntaxError) -> Bool {
        let value: Bool
        switch scanner.token {
        case .identifier("true"), .identifier("True"), .identifier("t"): value = true
        case .identifier("false"), .identifier("False"), .identifier("f"): value = false
        case .number(let text):
            guard let number = NumberText.magnitude(text), number.value <= 1 else {
                throw mismatch(field, scanner.token, at: scanner.position)
            }
            value = number.value == 1
        default: throw mismatch(field, scanner.token, at: scanner.position)
        }
        try scanner.advance()
        return value
    }

    private static func signed(
        _ field: FieldSchema,
        _ scanner: inout TextScanner,
        in range: ClosedRange<Int64>
    ) throws(ConfigSyntaxError) -> Int64 {
        let position = scanner.position
        let isNegative = try takeMinus(&scanner)
        guard case .number(let text) = scanner.token, let (magnitude, overflowed) = NumberText.magnitude(text) else {
            throw mismatch(field, scanner.token, at: scanner.position)
        }
        let value = isNegative ? negated(magnitude) : Int64(exactly: magnitude)
        guard !overflowed, let value, range.contains(value) else {
            throw outOfRange(field, (isNegative ? "-" : "") + text, at: position)
        }
        try scanner.advance()
        return value
    }

    private static func negated(_ magnitude: UInt64) -> Int64? {
        magnitude == Int64.min.magnitude ? .min : Int64(exactly: magnitude).map { -$0 }
    }

    private static func unsigned(
        _ field: FieldSchema,
        _ scanner: inout TextScanner,
        upTo limit: UInt64
    ) throws(ConfigSyntaxError) -> UInt64 {
        guard case .number(let text) = scanner.token, let (value, overflowed) = NumberText.magnitude(text) else {
            throw mismatch(field, scanner.token, at: scanner.position)
        }
        guard !overflowed, value <= limit else { throw outOfRange(field, text, at: scanner.position) }
        try scanner.advance()
        return value
    }

    private static func outOfRange(
        _ field: FieldSchema,
        _ text: String,
        at position: SourcePosition
    ) -> ConfigSyntaxError {
        ConfigSyntaxError(
            "\(quoted(text)) does not fit '\(field.name)', which is \(field.kind.expectation)",
            at: position
        )
    }

    private static func floating<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ field: FieldSchema,
        _ scanner: inout TextScanner
    ) throws(ConfigSyntaxError) -> Number {
        let isNegative = try takeMinus(&scanner)
        let magnitude: Number
        switch scanner.token {
        case .identifier(let name) where ["inf", "infinity"].contains(name.lowercased()): magnitude = .infinity
        case .identifier(let name) where name.lowercased() == "nan": magnitude = .nan
        case .number(let text):
            guard let decimal = NumberText.unsignedDecimal(text), let number = Number(decimal) else {
                throw mismatch(field, scanner.token, at: scanner.position)
            }
            magnitude = number
        default: throw mismatch(field, scanner.token, at: scanner.position)
        }
        try scanner.advance()
        return isNegative ? -magnitude : magnitude
    }

    /// Neighbouring strings are one.
    private static func string(
        _ field: FieldSchema,
        _ scanner: inout TextScanner
    ) throws(ConfigSyntaxError) -> String {
        let position = scanner.position
        guard case .string(var content) = scanner.token else {
            throw mismatch(field, scanner.token, at: position)
        }
        try scanner.advance()
        while case .string(let more) = scanner.token {
            content.append(contentsOf: more)
            try scanner.advance()
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw ConfigSyntaxError("the string of '\(field.name)' is not UTF-8", at: position)
        }
        return text
    }

    private static func enumeration(
        _ field: FieldSchema,
        _ index: Int,
        _ scanner: inout TextScanner
    ) throws(ConfigSyntaxError) -> Int32 {
        let schema = ConfigSchema.shared.enums[index]
        let position = scanner.position
        switch scanner.token {
        case .identifier(let name):
            guard let number = schema.number(named: name) else {
                let hint = suggestion(for: name, among: schema.values.map(\.name))
                throw ConfigSyntaxError("\(schema.name) has no value \(quoted(name))\(hint)", at: position)
            }
            try scanner.advance()
            return number
        case .number, .symbol(UInt8(ascii: "-")):
            let number = try signed(field, &scanner, in: Int64(Int32.min)...Int64(Int32.max))
            guard schema.name(numbered: Int32(number)) != nil else {
                throw ConfigSyntaxError("\(schema.name) has no value \(number)", at: position)
            }
            return Int32(number)
        default:
            throw mismatch(field, scanner.token, at: position)
        }
    }
}
