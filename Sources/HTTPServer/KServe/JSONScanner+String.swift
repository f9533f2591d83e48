// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension JSONScanner {
    /// Checks and passes a string; the next byte is its opening quote.
    @inline(__always)
    mutating func string() throws(ServingError) -> JSONText {
        let start = position + 1
        var offset = start
        while offset < end {
            let byte = byte(at: offset)
            if byte == UInt8(ascii: "\"") {
                position = offset + 1
                return JSONText(start: start, end: offset, decodedCount: offset - start, hasEscapes: false)
            }
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") else { break }
            offset += 1
            // Names are short; only a long string is worth looking at eight bytes at a time.
            if offset - start == 16 { break }
        }
        return try longString(start: start, from: offset)
    }

    private mutating func longString(start: Int, from first: Int) throws(ServingError) -> JSONText {
        var shrunk = 0
        var hasEscapes = false
        position = first
        while true {
            skipPlain()
            guard position < end else { throw fault(.quote) }
            let byte = byte(at: position)
            if byte == UInt8(ascii: "\"") {
                let count = position - start - shrunk
                let text = JSONText(start: start, end: position, decodedCount: count, hasEscapes: hasEscapes)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") {
                let escapeStart = position
                let scalar = try escapedScalar()
                shrunk += position - escapeStart - UTF8.width(scalar)
                hasEscapes = true
            } else if byte < 0x20 {
                // RapidJSON calls a raw control character an encoding fault when it is not the end of the text.
                throw fault(.encoding)
            } else {
                try skipMultibyte()
            }
        }
    }

    /// Passes bytes that mean themselves: ASCII without control characters, quotes and backslashes.
    private mutating func skipPlain() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while end - position >= 8 {
            let word = word(at: position)
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            var special = (quotes &- ones) & ~quotes
            special |= (backslashes &- ones) & ~backslashes
            special |= (word &- (ones &* 0x20)) & ~word
            special = (special | word) & highs
            // Borrows make bytes after a special one look special too, never one before it.
            guard special == 0 else {
                position += special.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
        while position < end {
            let byte = byte(at: position)
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return }
            position += 1
        }
    }

    /// Passes one UTF-8 sequence of two to four bytes: the well-formed ones of Unicode's table 3-7.
    private mutating func skipMultibyte() throws(ServingError) {
        let lead = byte(at: position)
        var second: ClosedRange<UInt8> = 0x80...0xBF
        let count: Int
        switch lead {
        case 0xC2...0xDF: count = 2
        case 0xE0: (count, second) = (3, 0xA0...0xBF)
        case 0xED: (count, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: count = 3
        case 0xF0: (count, second) = (4, 0x90...0xBF)
        case 0xF4: (count, second) = (4, 0x80...0x8F)
        case 0xF1...0xF3: count = 4
        default: throw fault(.encoding)
        }
        guard count <= end - position, second.contains(byte(at: position + 1)) else { throw fault(.encoding) }
        for index in 2..<max(count, 2) where byte(at: position + index) & 0xC0 != 0x80 { throw fault(.encoding) }
        position += count
    }

    /// Reads an escape; the next byte is its backslash.
    private mutating func escapedScalar() throws(ServingError) -> Unicode.Scalar {
        guard end - position >= 2 else { throw fault(.escape) }
        let scalar: Unicode.Scalar
        switch byte(at: position + 1) {
        case UInt8(ascii: "\""): scalar = "\""
        case UInt8(ascii: "\\"): scalar = "\\"
        case UInt8(ascii: "/"): scalar = "/"
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{C}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault(.escape)
        }
        position += 2
        return scalar
    }

    private mutating func unicodeEscape() throws(ServingError) -> Unicode.Scalar {
        let first = try hexQuad(at: position + 2)
        var next = position + 6
        var value = UInt32(first)
        if first & 0xFC00 == 0xD800 {
            guard end - next >= 2, byte(at: next) == UInt8(ascii: "\\"), byte(at: next + 1) == UInt8(ascii: "u") else {
                throw fault(.surrogate)
            }
            let second = try hexQuad(at: next + 2)
            guard second & 0xFC00 == 0xDC00 else { throw fault(.surrogate) }
            value = 0x10000 + (UInt32(first & 0x3FF) << 10) + UInt32(second & 0x3FF)
            next += 6
        }
        // A low surrogate on its own is no scalar.
        guard let scalar = Unicode.Scalar(value) else { throw fault(.surrogate) }
        position = next
        return scalar
    }

    private func hexQuad(at offset: Int) throws(ServingError) -> UInt16 {
        guard offset <= end - 4 else { throw fault(.hexDigit) }
        var value: UInt16 = 0
        for index in 0..<4 {
            let digit = byte(at: offset + index)
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: throw fault(.hexDigit)
            }
        }
        return value
    }

    /// The string at `text`, escapes resolved.
    func decoded(_ text: JSONText) -> String {
        guard text.hasEscapes else {
            let bytes = UnsafeRawBufferPointer(start: base + text.start, count: text.end - text.start)
            return String(decoding: bytes, as: UTF8.self)
        }
        return String(unsafeUninitializedCapacity: text.decodedCount) { target in
            decode(text, into: UnsafeMutableRawPointer(target.baseAddress!))
            return text.decodedCount
        }
    }

    /// Writes the string at `text`, escapes resolved, as `text.decodedCount` bytes of UTF-8.
    // SAFETY: the caller has room for `decodedCount` bytes, which is what the first pass over the same bytes counted.
    func decode(_ text: JSONText, into target: UnsafeMutableRawPointer) {
        guard text.hasEscapes else {
            target.copyMemory(from: base + text.start, byteCount: text.end - text.start)
            return
        }
        var reader = self
        reader.position = text.start
        var written = 0
        while reader.position < text.end {
            let byte = reader.byte(at: reader.position)
            if byte == UInt8(ascii: "\\"), let scalar = try? reader.escapedScalar(),
                let units = UTF8.encode(scalar)
            {
                for unit in units {
                    target.storeBytes(of: unit, toByteOffset: written, as: UInt8.self)
                    written += 1
                }
            } else {
                target.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
                written += 1
                reader.position += 1
            }
        }
        assert(written == text.decodedCount, "both passes read the same bytes")
    }
}
