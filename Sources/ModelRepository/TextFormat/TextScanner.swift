// SPDX-License-Identifier: Apache-2.0

/// A piece of protobuf's text format.
enum TextToken: Equatable {
    case identifier(String)
    /// As written; what it must look like depends on the field.
    case number(String)
    /// The bytes that a quoted string stands for.
    case string([UInt8])
    case symbol(UInt8)
    case end

    /// As errors call it.
    var description: String {
        switch self {
        case .identifier(let name): quoted(name)
        case .number(let text): quoted(text)
        case .string: "a string"
        case .symbol(let byte) where byte > 0x20 && byte < 0x7F: "'\(Unicode.Scalar(byte))'"
        case .symbol(let byte): "the byte 0x" + String(byte, radix: 16)
        case .end: "the end of the file"
        }
    }
}

/// Takes a configuration's text apart, one token ahead.
struct TextScanner {
    private var cursor: SourceCursor
    private(set) var token = TextToken.end
    /// Where ``token`` starts.
    private(set) var position = SourcePosition(line: 1, column: 1)

    init(_ bytes: [UInt8]) throws(ConfigSyntaxError) {
        cursor = SourceCursor(bytes)
        skipByteOrderMark()
        try advance()
    }

    /// Moves on to the next token.
    mutating func advance() throws(ConfigSyntaxError) {
        skipSpaceAndComments()
        position = cursor.position
        guard let byte = cursor.current else {
            token = .end
            return
        }
        if Self.isIdentifierStart(byte) {
            token = .identifier(String(decoding: cursor.advance(while: Self.isIdentifierPart), as: UTF8.self))
        } else if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && cursor.byte(ahead: 1).map(Self.isDigit) == true) {
            token = .number(number())
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            token = .string(try string(closedBy: byte))
        } else {
            cursor.advance()
            token = .symbol(byte)
        }
    }

    private mutating func skipByteOrderMark() {
        guard cursor.current == 0xEF, cursor.byte(ahead: 1) == 0xBB, cursor.byte(ahead: 2) == 0xBF else { return }
        cursor.skipUncounted(3)
    }

    private mutating func skipSpaceAndComments() {
        while let byte = cursor.current {
            switch byte {
            case UInt8(ascii: "#"): _ = cursor.advance { $0 != UInt8(ascii: "\n") }
            case 0x09...0x0D, 0x20: cursor.advance()
            default: return
            }
        }
    }

    /// Everything that a number could be made of: whether it is one is decided where its type is known.
    private mutating func number() -> String {
        let start = cursor.offset
        var previous: UInt8 = 0
        let isHexadecimal = cursor.byte(ahead: 1).map { $0 | 0x20 } == UInt8(ascii: "x")
        while let byte = cursor.current {
            let isExponentSign =
                (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"))
                && previous | 0x20 == UInt8(ascii: "e") && !isHexadecimal
            guard Self.isIdentifierPart(byte) || byte == UInt8(ascii: ".") || isExponentSign else { break }
            previous = byte
            cursor.advance()
        }
        return String(decoding: cursor.slice(from: start), as: UTF8.self)
    }

    private mutating func string(closedBy quote: UInt8) throws(ConfigSyntaxError) -> [UInt8] {
        let start = cursor.position
        var content: [UInt8] = []
        cursor.advance()
        while let byte = cursor.current {
            switch byte {
            case quote:
                cursor.advance()
                return content
            case UInt8(ascii: "\n"):
                throw ConfigSyntaxError("a string may not run over the end of its line", at: start)
            case UInt8(ascii: "\\"):
                try EscapeSequence.read(from: &cursor, into: &content)
            default:
                content.append(byte)
                cursor.advance()
            }
        }
        throw ConfigSyntaxError("the string that starts here is not closed", at: start)
    }

    private static func isIdentifierStart(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
    }

    private static func isIdentifierPart(_ byte: UInt8) -> Bool { isIdentifierStart(byte) || isDigit(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
