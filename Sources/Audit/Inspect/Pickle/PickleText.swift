// SPDX-License-Identifier: Apache-2.0

/// Texts as protocol 0 writes them: a name may hide in escapes.
enum PickleText {
    /// Of STRING: quotes around, and Python's escapes of byte strings within.
    /// - Parameter isWhole: whether `line` is all of it; where it is not, its last quote is believed to be there.
    static func quoted(_ line: [UInt8], isWhole: Bool) -> [UInt8]? {
        // Old Pythons leave white space around.
        let text = isWhole ? trimmed(line[...]) : line[...]
        guard let quote = text.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        guard isWhole else { return unescape(text.dropFirst()) }
        guard text.count >= 2, quote == text.last else { return nil }
        return unescape(text.dropFirst().dropLast())
    }

    /// Without the white space that C's `isspace` knows.
    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func unescape(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                result.append(byte)
                continue
            }
            switch next {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "a"): result.append(0x07)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "v"): result.append(0x0B)
            case UInt8(ascii: "x"): result.append(UInt8(truncatingIfNeeded: number(&rest, radix: 16, digits: 2)))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                rest = text[(rest.startIndex - 1)...]
                result.append(UInt8(truncatingIfNeeded: number(&rest, radix: 8, digits: 3)))
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(next)
            default: result += [byte, next]
            }
        }
        return result
    }

    /// Of UNICODE: only `\uXXXX` and `\UXXXXXXXX` are escapes; other bytes are Latin-1.
    static func rawUnicode(_ line: [UInt8]) -> [UInt8] {
        var result = String.UnicodeScalarView()
        var rest = line[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let next = rest.first, next == UInt8(ascii: "u") || next == UInt8(ascii: "U")
            {
                rest.removeFirst()
                let code = number(&rest, radix: 16, digits: next == UInt8(ascii: "u") ? 4 : 8)
                result.append(Unicode.Scalar(code) ?? "\u{FFFD}")
            } else {
                result.append(Unicode.Scalar(byte))
            }
        }
        return Array(String(result).utf8)
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, radix: Int, digits: Int) -> UInt32 {
        var result: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = rest.first, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else {
                break
            }
            rest.removeFirst()
            result = result &* UInt32(radix) &+ UInt32(digit)
        }
        return result
    }
}
