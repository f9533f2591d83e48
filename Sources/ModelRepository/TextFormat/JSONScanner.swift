// SPDX-License-Identifier: Apache-2.0

/// A piece of a JSON text.
enum JSONToken: Equatable {
    case string(String)
    /// As written, and known to follow JSON's grammar.
    case number(String)
    /// `true`, `false` or `null`.
    case word(String)
    case symbol(UInt8)
    case end

    /// As errors call it.
    var description: String {
        switch self {
        case .string(let text): "the string " + quoted(text)
        case .number(let text): "the number " + quoted(text)
        case .word(let text): quoted(text)
        case .symbol(UInt8(ascii: "{")): "an object"
        case .symbol(UInt8(ascii: "[")): "an array"
        case .symbol(let byte): "'\(Unicode.Scalar(byte))'"
        case .end: "the end of the text"
        }
    }
}

/// Takes a JSON text apart by the letter of RFC 8259, one token ahead.
struct JSONScanner {
    private var cursor: SourceCursor
    private(set) var token = JSONToken.end
    /// Where ``token`` starts.
    private(set) var position = SourcePosition(line: 1, column: 1)

    init(_ bytes: [UInt8]) throws(ConfigSyntaxError) {
        cursor = SourceCursor(bytes)
        try advance()
    }

    mutating func advance() throws(ConfigSyntaxError) {
        _ = cursor.advance { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        position = cursor.position
        guard let byte = cursor.current else {
            token = .end
            return
        }
        switch byte {
        case UInt8(ascii: "\""): token = .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): token = .number(try number())
        case UInt8(ascii: "a")...UInt8(ascii: "z"): token = .word(try word())
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"),
            UInt8(ascii: ","):
            cursor.advance()
            token = .symbol(byte)
        default:
            let found = byte > 0x20 && byte < 0x7F ? "'\(Unicode.Scalar(byte))'" : "0x" + String(byte, radix: 16)
            throw ConfigSyntaxError("not JSON: no value starts with \(found)", at: position)
        }
    }

    private mutating func word() throws(ConfigSyntaxError) -> String {
        let letters = cursor.advance { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        let word = String(decoding: letters, as: UTF8.self)
        guard ["true", "false", "null"].contains(word) else {
            throw ConfigSyntaxError("not JSON: \(quoted(word))", at: position)
        }
        return word
    }

    private mutating func number() throws(ConfigSyntaxError) -> String {
        let start = cursor.offset
        if cursor.current == UInt8(ascii: "-") { cursor.advance() }
        let digits = cursor.advance { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        let text = String(decoding: cursor.slice(from: start), as: UTF8.self)
        let hasLeadingZero =
            digits.count > 1 && digits.first == UInt8(ascii: "0")
            && digitValue(digits[digits.startIndex + 1]).map { $0 < 10 } == true
        guard NumberText.isDecimal(Array(digits), allowsOpenEnds: false), !hasLeadingZero else {
            throw ConfigSyntaxError("not JSON: the number \(quoted(text))", at: position)
        }
        return text
    }

    private mutating func string() throws(ConfigSyntaxError) -> String {
        var content: [UInt8] = []
        cursor.advance()
        while let byte = cursor.current {
            switch byte {
            case UInt8(ascii: "\""):
                cursor.advance()
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw ConfigSyntaxError("not JSON: a string that is not UTF-8", at: position)
                }
                return text
            case 0..<0x20:
                throw ConfigSyntaxError("not JSON: a control character in a string", at: cursor.position)
            case UInt8(ascii: "\\"):
                try escape(into: &content)
            default:
                content.append(byte)
                cursor.advance()
            }
        }
        throw ConfigSyntaxError("not JSON: the string that starts here is not closed", at: position)
    }

    private mutating func escape(into content: inout [UInt8]) throws(ConfigSyntaxError) {
        let escape = cursor.byte(ahead: 1)
        switch escape {
        case UInt8(ascii: "/"):
            cursor.advance()
            cursor.advance()
            content.append(UInt8(ascii: "/"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "u"):
            // The text format has these too, with the same meaning.
            try EscapeSequence.read(from: &cursor, into: &content)
        default:
            throw ConfigSyntaxError("not JSON: an unknown escape in a string", at: cursor.position)
        }
    }
}
