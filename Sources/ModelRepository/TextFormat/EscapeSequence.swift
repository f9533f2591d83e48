// SPDX-License-Identifier: Apache-2.0

/// The escapes of the text format's strings: `\n`, `\101`, `\x41`, `\u0041`, `\U00000041`.
enum EscapeSequence {
    /// Reads one escape, whose backslash is at the cursor, and appends the bytes that it stands for.
    static func read(from cursor: inout SourceCursor, into content: inout [UInt8]) throws(ConfigSyntaxError) {
        let start = cursor.position
        cursor.advance()
        guard let byte = cursor.current else {
            throw ConfigSyntaxError("the text ends within an escape", at: start)
        }
        if let simple = simple[byte] {
            cursor.advance()
            content.append(simple)
            return
        }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            let value = digits(radix: 8, atMost: 3, from: &cursor).value
            guard value <= 0xFF else { throw ConfigSyntaxError("an octal escape ends at \\377", at: start) }
            content.append(UInt8(value))
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            cursor.advance()
            let (value, count) = digits(radix: 16, atMost: 2, from: &cursor)
            guard count > 0 else { throw ConfigSyntaxError("\\x needs one or two hexadecimal digits", at: start) }
            content.append(UInt8(value))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            content.append(contentsOf: String(try scalar(from: &cursor, startingAt: start)).utf8)
        default:
            throw ConfigSyntaxError("unknown escape in a string", at: start)
        }
    }

    private static let simple: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "'"): 0x27, UInt8(ascii: "\""): 0x22, UInt8(ascii: "?"): 0x3F,
    ]

    private static func digits(
        radix: UInt32,
        atMost limit: Int,
        from cursor: inout SourceCursor
    ) -> (value: UInt32, count: Int) {
        var value: UInt32 = 0
        var count = 0
        while count < limit, let byte = cursor.current, let digit = digitValue(byte), digit < radix {
            value = value * radix + digit
            count += 1
            cursor.advance()
        }
        return (value, count)
    }

    /// `\u` takes four digits and `\U` eight; two `\u` may form a surrogate pair.
    private static func scalar(
        from cursor: inout SourceCursor,
        startingAt start: SourcePosition
    ) throws(ConfigSyntaxError) -> Unicode.Scalar {
        let width = cursor.current == UInt8(ascii: "u") ? 4 : 8
        cursor.advance()
        var (value, count) = digits(radix: 16, atMost: width, from: &cursor)
        guard count == width else {
            throw ConfigSyntaxError("\\\(width == 4 ? "u" : "U") needs \(width) hexadecimal digits", at: start)
        }
        if width == 4, value >> 10 == 0x36, cursor.current == UInt8(ascii: "\\"),
            cursor.byte(ahead: 1) == UInt8(ascii: "u")
        {
            cursor.advance()
            cursor.advance()
            let (low, lowCount) = digits(radix: 16, atMost: 4, from: &cursor)
            guard lowCount == 4, low >> 10 == 0x37 else {
                throw ConfigSyntaxError("half of a surrogate pair in a string", at: start)
            }
            value = 0x10000 + ((value & 0x3FF) << 10) + (low & 0x3FF)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw ConfigSyntaxError("an escape names no Unicode character", at: start)
        }
        return scalar
    }
}

func digitValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
}
