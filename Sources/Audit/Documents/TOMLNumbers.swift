// SPDX-License-Identifier: Apache-2.0

/// A value that stands without quotes: a truth value, a number, a date or a time.
enum TOMLPlain: Equatable {
    /// What ``DataNode/Scalar`` has of it: an integer in decimal digits, a float without underscores, all else as
    /// written.
    case text(String)
    case tooLarge
    case unknown

    init(_ word: [UInt8]) {
        if [Array("true".utf8), Array("false".utf8)].contains(word) || TOMLDates.isDateOrTime(word) {
            self = .text(String(decoding: word, as: UTF8.self))
        } else {
            self = TOMLNumbers.integer(word) ?? TOMLNumbers.float(word) ?? .unknown
        }
    }
}

private enum TOMLNumbers {
    /// - Returns: `nil` if it is none.
    static func integer(_ word: [UInt8]) -> TOMLPlain? {
        if word.count > 2, word[0] == UInt8(ascii: "0"), let radix = radix(word[1]) {
            let isDigit: (UInt8) -> Bool = { Character(Unicode.Scalar($0)).hexDigitValue.map { $0 < radix } ?? false }
            guard let digits = digits(word[2...], where: isDigit) else { return nil }
            return integer(Int64(digits, radix: radix))
        }
        let (sign, unsigned) = signed(word[...])
        guard let whole = whole(unsigned) else { return nil }
        return integer(Int64(sign + whole))
    }

    /// - Parameter value: `nil` if 64 bits do not hold it.
    private static func integer(_ value: Int64?) -> TOMLPlain { value.map { .text(String($0)) } ?? .tooLarge }

    /// - Returns: `nil` if it is none.
    static func float(_ word: [UInt8]) -> TOMLPlain? {
        let (sign, unsigned) = signed(word[...])
        if unsigned.elementsEqual("inf".utf8) || unsigned.elementsEqual("nan".utf8) {
            return .text(sign + String(decoding: unsigned, as: UTF8.self))
        }
        let mantissa = unsigned.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let parts = mantissa.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, var text = whole(first) else { return nil }
        if parts.count > 1 {
            guard let fraction = digits(parts[1], where: TOMLScanner.isDigit) else { return nil }
            text += "." + fraction
        }
        if mantissa.count < unsigned.count {
            let (exponentSign, exponent) = signed(unsigned.dropFirst(mantissa.count + 1))
            guard let exponent = digits(exponent, where: TOMLScanner.isDigit) else { return nil }
            text += "e" + exponentSign + exponent
        }
        return .text(sign + text)
    }

    private static func radix(_ mark: UInt8) -> Int? {
        switch mark {
        case UInt8(ascii: "x"): 16
        case UInt8(ascii: "o"): 8
        case UInt8(ascii: "b"): 2
        default: nil
        }
    }

    private static func signed(_ word: ArraySlice<UInt8>) -> (sign: String, rest: ArraySlice<UInt8>) {
        switch word.first {
        case UInt8(ascii: "-"): ("-", word.dropFirst())
        case UInt8(ascii: "+"): ("", word.dropFirst())
        default: ("", word)
        }
    }

    /// Decimal digits that start with a zero only if there is no other.
    private static func whole(_ word: ArraySlice<UInt8>) -> String? {
        guard word.first != UInt8(ascii: "0") || word.count == 1 else { return nil }
        return digits(word, where: TOMLScanner.isDigit)
    }

    /// Digits without the underscores, each of which has to stand between two of them.
    private static func digits(_ word: ArraySlice<UInt8>, where isDigit: (UInt8) -> Bool) -> String? {
        let groups = word.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else { return nil }
        return String(decoding: groups.joined(), as: UTF8.self)
    }
}
