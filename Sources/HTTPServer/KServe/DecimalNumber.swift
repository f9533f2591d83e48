// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Decimal to binary, rounded to the nearest `Double`, ties to even: what `strtod` answers, bit for bit.
enum DecimalNumber {
    /// The `Double` nearest to `mantissa × 10^exponent`; `infinity` if that is too large.
    @inline(__always)
    static func double(mantissa: UInt64, exponent: Int, _ tables: DecimalTables.View) -> Double {
        // Both factors are exact here, so the one operation rounds once (W. D. Clinger, 1990).
        if mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
            let value = Double(mantissa)
            return exponent < 0 ? value / tables.double(-exponent) : value * tables.double(exponent)
        }
        return eiselLemire(mantissa: mantissa, exponent: exponent, tables)
    }

    /// The algorithm of M. Eisel and D. Lemire; exact for every 64-bit mantissa (N. Mushtak and D. Lemire, 2023).
    @inline(never)
    private static func eiselLemire(mantissa: UInt64, exponent: Int, _ tables: DecimalTables.View) -> Double {
        if mantissa == 0 || exponent < DecimalTables.smallestPower { return 0 }
        if exponent > 308 { return .infinity }
        let leadingZeros = mantissa.leadingZeroBitCount
        let (high, low) = product(of: mantissa << UInt64(leadingZeros), withPowerOfFive: exponent, tables)
        let upperBit = Int(high >> 63)
        let shift = UInt64(upperBit + 64 - 52 - 3)
        var significand = high >> shift
        // floor(log2(10^exponent)) in fixed point, plus the exponent's bias.
        var biased = ((217_706 &* exponent) >> 16) + 63 + upperBit - leadingZeros + 1023
        if biased <= 0 {
            if 1 - biased >= 64 { return 0 }
            significand >>= UInt64(1 - biased)
            significand = (significand + (significand & 1)) >> 1
            return Double(bitPattern: significand)
        }
        // Only for small powers can the number lie exactly between two others; then the even one is right.
        if low <= 1, exponent >= -4, exponent <= 23, significand & 3 == 1, significand << shift == high {
            significand &= ~1
        }
        significand = (significand + (significand & 1)) >> 1
        if significand >= 1 << 53 {
            significand = 1 << 52
            biased += 1
        }
        if biased >= 0x7FF { return .infinity }
        return Double(bitPattern: significand & ~(1 << 52) | UInt64(biased) << 52)
    }

    @inline(__always)
    private static func product(
        of mantissa: UInt64,
        withPowerOfFive power: Int,
        _ tables: DecimalTables.View
    ) -> (high: UInt64, low: UInt64) {
        let five = tables.powerOfFive(power)
        var (high, low) = mantissa.multipliedFullWidth(by: five.high)
        // The nine bits below the significand decide the rounding; all ones say that the lower half may carry.
        let mask = UInt64.max >> 55
        if high & mask == mask {
            let (sum, overflow) = low.addingReportingOverflow(mantissa.multipliedFullWidth(by: five.low).high)
            low = sum
            if overflow { high &+= 1 }
        }
        return (high, low)
    }

    /// The value of a number with more digits than 64 bits hold.
    /// - Parameter text: `digits[.digits][e[sign]digits]`, already checked.
    static func longDouble(_ text: UnsafeRawBufferPointer, _ tables: DecimalTables.View) -> Double {
        let number = LongDecimal(text)
        let low = double(mantissa: number.leading, exponent: number.leadingExponent, tables)
        if !number.isCut { return low }
        // The digits that were cut off lie between these two; mostly both round to the same.
        let high = double(mantissa: number.leading + 1, exponent: number.leadingExponent, tables)
        return low == high ? low : number.slowDouble
    }
}

/// A number of any length, kept to the digits that can matter: 767 decide any `Double`, one more tells of the rest.
private struct LongDecimal {
    private static let digitLimit = 768
    private var digits: InlineArray<800, CChar> = InlineArray(repeating: 0)
    private var count = 0
    /// Of the last digit kept.
    private var exponent = 0
    private(set) var leading: UInt64 = 0
    private(set) var leadingExponent = 0
    private(set) var isCut = false

    init(_ text: UnsafeRawBufferPointer) {
        var seenPoint = false
        var index = 0
        var dropped = false
        while index < text.count, text[index] | 0x20 != UInt8(ascii: "e") {
            defer { index += 1 }
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                seenPoint = true
                continue
            }
            if seenPoint { exponent -= 1 }
            if count == 0 && byte == UInt8(ascii: "0") { continue }
            if count < Self.digitLimit {
                digits[count] = CChar(bitPattern: byte)
                count += 1
            } else {
                exponent += 1
                dropped = dropped || byte != UInt8(ascii: "0")
            }
        }
        if index < text.count { exponent += Self.exponent(text, from: index + 1) }
        let kept = min(count, 19)
        for digit in 0..<kept { leading = leading * 10 + UInt64(digits[digit] - 48) }
        leadingExponent = exponent + count - kept
        isCut = dropped
        for digit in kept..<max(count, kept) where digits[digit] != 48 { isCut = true }
        if dropped {
            digits[count] = 49
            count += 1
            exponent -= 1
        }
    }

    /// Saturates far beyond what the longest text could bring back into range.
    private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        let negative = text[index] == UInt8(ascii: "-")
        if negative || text[index] == UInt8(ascii: "+") { index += 1 }
        var value = 0
        while index < text.count {
            value = min(value * 10 + Int(text[index] - 48), 1_000_000_000_000)
            index += 1
        }
        return negative ? -value : value
    }

    /// The C library's answer. Written without a decimal point, which is the one thing that a locale could change.
    var slowDouble: Double {
        var text = digits
        var length = count
        let bounded = max(-99_999, min(99_999, exponent))
        for byte in "e\(bounded)".utf8 {
            text[length] = CChar(bitPattern: byte)
            length += 1
        }
        text[length] = 0
        return text.span.withUnsafeBufferPointer { strtod($0.baseAddress!, nil) }
    }
}
