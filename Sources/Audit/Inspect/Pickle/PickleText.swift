// SPDX-License-Identifier: Apache-2.0

/// Texts and numbers as protocol 0 writes them: a name may hide in escapes.
enum PickleText {
    /// Of STRING: quotes around, and Python's escapes of byte strings within.
    static func quoted(_ line: [UInt8]) -> [UInt8]? {
        var text = line[...]
        // Old Pythons leave white space around.
        while let last = text.last, last == 0x0D || last == 0x20 { text.removeLast() }
        guard text.count >= 2, let quote = text.first, quote == text.last,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { return nil }
        return unescape(text.dropFirst().dropLast())
    }

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

    static func int(_ text: [UInt8], _ offset: Int) throws(InspectionFault) -> PickleValue {
        var digits = String(decoding: text, as: UTF8.self).filter { !$0.isWhitespace && $0 != "_" }
        if digits == "00" || digits == "01" { return .bool(digits == "01") }
        if digits.hasSuffix("L") { digits.removeLast() }
        let isNumber = digits.utf8.enumerated().allSatisfy { index, byte in
            (0x30...0x39).contains(byte) || (index == 0 && digits.utf8.count > 1 && (byte == 0x2D || byte == 0x2B))
        }
        // Python takes `0x10` as well, and a long of nothing.
        guard isNumber || digits.lowercased().hasPrefix("0x") else {
            throw InspectionFault("has a number that is none", at: offset)
        }
        return Int(digits).map(PickleValue.int) ?? .other("int")
    }

    static func float(_ text: [UInt8], _ offset: Int) throws(InspectionFault) -> PickleValue {
        guard Double(String(decoding: text, as: UTF8.self)) != nil else {
            throw InspectionFault("has a number that is none", at: offset)
        }
        return .other("float")
    }
}
