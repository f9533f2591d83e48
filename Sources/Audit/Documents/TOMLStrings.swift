// SPDX-License-Identifier: Apache-2.0

/// TOML's four kinds of strings.
extension TOMLScanner {
    /// Reads a value's string, of one line or several, whose first quote is at the cursor.
    mutating func string() throws(Unreadable) -> String {
        guard let quote = current else { throw error("a string is missing") }
        return run(of: quote, upTo: 3) == 3 ? try longString(quote) : try shortString()
    }

    /// Reads a string of one line, as quoted keys are too, whose quote is at the cursor.
    mutating func shortString() throws(Unreadable) -> String {
        let start = place
        guard let quote = current else { throw error("a string is missing") }
        advance()
        var content: [UInt8] = []
        while let byte = current {
            if byte == quote {
                advance()
                return try text(of: content, from: start)
            }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try escape(into: &content)
            } else if lineEnd() > 0 {
                break
            } else {
                try takeCharacter(into: &content)
            }
        }
        throw error("the string that starts here does not end on its line", at: start)
    }

    private mutating func longString(_ quote: UInt8) throws(Unreadable) -> String {
        let start = place
        advance(by: 3)
        _ = takeLineEnd()
        var content: [UInt8] = []
        while let byte = current {
            if byte == quote {
                // Up to two quotes of the text may stand before the three that end it.
                let count = run(of: quote, upTo: 5)
                advance(by: count)
                content += Array(repeating: quote, count: count < 3 ? count : count - 3)
                if count >= 3 { return try text(of: content, from: start) }
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                if !skipEscapedLineEnd() { try escape(into: &content) }
            } else if takeLineEnd() {
                content.append(UInt8(ascii: "\n"))
            } else {
                try takeCharacter(into: &content)
            }
        }
        throw error("the string that starts here does not end", at: start)
    }

    private func text(of content: [UInt8], from start: Place) throws(Unreadable) -> String {
        let text = String(decoding: content, as: UTF8.self)
        guard !CombiningMarks.areTooMany(in: text) else {
            let problem = "a character of the string that starts here has more than \(CombiningMarks.limit) marks on it"
            throw Unreadable(start, problem)
        }
        return text
    }

    private mutating func takeCharacter(into content: inout [UInt8]) throws(Unreadable) {
        guard let byte = current, !Self.isControl(byte) else { throw error("a string has \(found)") }
        content.append(byte)
        advance()
    }

    /// A backslash at the end of a line takes away all blanks and ends of lines up to the next character.
    private mutating func skipEscapedLineEnd() -> Bool {
        var distance = 1
        while let byte = byte(ahead: distance), Self.isBlank(byte) { distance += 1 }
        guard lineEnd(ahead: distance) > 0 else { return false }
        advance()
        repeat { skipBlanks() } while takeLineEnd()
        return true
    }

    /// Reads one escape, whose backslash is at the cursor, and appends what it stands for.
    private mutating func escape(into content: inout [UInt8]) throws(Unreadable) {
        let start = place
        advance()
        switch current {
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "\""): content.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): content.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "u"): content += String(try escapedScalar(digits: 4, start)).utf8
        case UInt8(ascii: "U"): content += String(try escapedScalar(digits: 8, start)).utf8
        default: throw error("a string has a backslash before \(found)", at: start)
        }
        advance()
    }

    /// Leaves the cursor on the last digit. There are no pairs of surrogates in TOML.
    private mutating func escapedScalar(digits count: Int, _ start: Place) throws(Unreadable) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<count {
            advance()
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("an escape in a string needs \(count) hexadecimal digits", at: start)
            }
            // Eight digits are all that 32 bits hold.
            value = value << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw error("an escape in a string names no Unicode character", at: start)
        }
        return scalar
    }
}
