// SPDX-License-Identifier: Apache-2.0

/// What numbers look like in a text, apart from the text around them.
enum NumberText {
    /// Decimal, `0x` hexadecimal or `0` octal digits; `nil` if `text` is none of these.
    /// - Returns: `.max` with `overflowed` if it exceeds 64 bits.
    static func magnitude(_ text: String) -> (value: UInt64, overflowed: Bool)? {
        var digits = Array(text.utf8)[...]
        var radix: UInt32 = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            let isHexadecimal = digits[1] | 0x20 == UInt8(ascii: "x")
            radix = isHexadecimal ? 16 : 8
            digits = digits.dropFirst(isHexadecimal ? 2 : 1)
        }
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        var overflowed = false
        for byte in digits {
            guard let digit = digitValue(byte), digit < radix else { return nil }
            let product = value.multipliedReportingOverflow(by: UInt64(radix))
            let sum = product.partialValue.addingReportingOverflow(UInt64(digit))
            overflowed = overflowed || product.overflow || sum.overflow
            value = sum.partialValue
        }
        return overflowed ? (.max, true) : (value, false)
    }

    /// A decimal number as the text format has it, with an optional `f` at its end; `nil` if it is not one.
    static func unsignedDecimal(_ text: String) -> String? {
        var text = text[...]
        if let last = text.utf8.last, last | 0x20 == UInt8(ascii: "f") { text = text.dropLast() }
        guard isDecimal(Array(text.utf8), allowsOpenEnds: true) else { return nil }
        // `5.` and `.5` are numbers here, but not to the standard library.
        return "0" + text.replacingTrailingPoint
    }

    /// Whether `bytes` read as digits, point, digits, exponent. Without open ends both sides of a point need a digit.
    static func isDecimal(_ bytes: [UInt8], allowsOpenEnds: Bool) -> Bool {
        var rest = bytes[...]
        func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fractionCount = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            fractionCount = fraction.count
            rest = rest.dropFirst(1 + fractionCount)
            if !allowsOpenEnds, whole.isEmpty || fraction.isEmpty { return false }
        }
        guard whole.count + fractionCount > 0 else { return false }
        guard let mark = rest.first else { return true }
        guard mark | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }
}

extension Substring {
    /// `5.` as `5.0`, and `5.e3` as `5.0e3`.
    fileprivate var replacingTrailingPoint: String {
        guard let point = utf8.firstIndex(of: UInt8(ascii: ".")) else { return String(self) }
        let after = utf8.index(after: point)
        if after < utf8.endIndex, utf8[after] >= UInt8(ascii: "0"), utf8[after] <= UInt8(ascii: "9") {
            return String(self)
        }
        return String(self[..<after]) + "0" + String(self[after...])
    }
}
