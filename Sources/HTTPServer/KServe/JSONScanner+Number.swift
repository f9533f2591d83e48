// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// A number as RapidJSON tells them apart: an integer if it is written as one and fits 64 bits.
enum JSONNumber: Equatable {
    case unsigned(UInt64)
    /// Below zero.
    case negative(Int64)
    case double(Double)

    var unsigned: UInt64? {
        if case .unsigned(let value) = self { value } else { nil }
    }
}

extension JSONScanner {
    @inline(__always)
    private func digit(at offset: Int) -> UInt8? {
        guard offset < end else { return nil }
        let digit = byte(at: offset) &- UInt8(ascii: "0")
        return digit <= 9 ? digit : nil
    }

    /// Reads a number of any kind: for values that are not tensors.
    mutating func number() throws(ServingError) -> JSONNumber {
        let start = position
        let value = try DecimalTables.shared.withView { tables throws(ServingError) in try double(tables) }
        let isNegative = byte(at: start) == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        for offset in (isNegative ? start + 1 : start)..<position {
            guard let digit = digit(at: offset) else { return .double(value) }
            let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(digit))
            if tooLarge || overflow { return .double(value) }
            magnitude = sum
        }
        if !isNegative || magnitude == 0 { return .unsigned(magnitude) }
        return magnitude <= 1 << 63 ? .negative(Int64(truncatingIfNeeded: 0 &- magnitude)) : .double(value)
    }

    /// Reads an integer that fits `Value`. Takes nothing and answers `nil` if the next token is anything else.
    @inline(__always)
    mutating func integer<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
        var offset = position
        let isNegative = offset < end && byte(at: offset) == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        guard let first = digit(at: offset) else { return nil }
        var magnitude = UInt64(first)
        offset += 1
        let digitsStart = offset
        if first != 0 {
            while let digit = digit(at: offset) {
                magnitude = magnitude &* 10 &+ UInt64(digit)
                offset += 1
            }
        }
        if offset < end {
            let next = byte(at: offset)
            if next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") { return nil }
        }
        // Nineteen digits always fit; one more may, as 18,446,744,073,709,551,615 does.
        if offset - digitsStart > 18 {
            guard let exact = longMagnitude(from: digitsStart - 1, to: offset) else { return nil }
            magnitude = exact
        }
        if isNegative && magnitude != 0 {
            guard magnitude <= 1 << 63, let value = Value(exactly: Int64(truncatingIfNeeded: 0 &- magnitude)) else {
                return nil
            }
            position = offset
            return value
        }
        guard let value = Value(exactly: magnitude) else { return nil }
        position = offset
        return value
    }

    private func longMagnitude(from start: Int, to end: Int) -> UInt64? {
        var magnitude: UInt64 = 0
        for offset in start..<end {
            let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(byte(at: offset) &- UInt8(ascii: "0")))
            if tooLarge || overflow { return nil }
            magnitude = sum
        }
        return magnitude
    }

    /// Reads a number as the `Double` nearest to it.
    @inline(__always)
    mutating func double(_ tables: DecimalTables.View) throws(ServingError) -> Double {
        var offset = position
        let isNegative = offset < end && byte(at: offset) == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let start = offset
        guard let first = digit(at: offset) else { return try notFinite(at: offset, isNegative: isNegative) }
        var mantissa = UInt64(first)
        offset += 1
        if first != 0 {
            while let digit = digit(at: offset) {
                mantissa = mantissa &* 10 &+ UInt64(digit)
                offset += 1
            }
        }
        var digits = offset - start
        var exponent = 0
        if offset < end, byte(at: offset) == UInt8(ascii: ".") {
            offset += 1
            let fraction = offset
            offset = digitRun(from: offset, into: &mantissa, tables)
            guard offset > fraction else {
                position = offset
                throw fault(.fraction)
            }
            exponent = fraction - offset
            digits += offset - fraction
        }
        if offset < end, byte(at: offset) | 0x20 == UInt8(ascii: "e") {
            offset = try exponentPart(from: offset + 1, into: &exponent)
        }
        let value =
            if digits <= 19 {
                DecimalNumber.double(mantissa: mantissa, exponent: exponent, tables)
            } else {
                longDouble(from: start, to: offset, tables)
            }
        guard value.isFinite else { throw fault(.numberRange) }
        position = offset
        return isNegative ? -value : value
    }

    @inline(never)
    private func longDouble(from start: Int, to end: Int, _ tables: DecimalTables.View) -> Double {
        DecimalNumber.longDouble(UnsafeRawBufferPointer(start: base + start, count: end - start), tables)
    }

    /// Appends a run of digits to `mantissa`, eight at a time; wraps around beyond 19 of them.
    @inline(__always)
    private func digitRun(from start: Int, into mantissa: inout UInt64, _ tables: DecimalTables.View) -> Int {
        var offset = start
        while end - offset >= 8 {
            let word = word(at: offset)
            let digits = word &- 0x3030_3030_3030_3030
            // The lowest bit that is set belongs to the first byte that is no digit; carries only move upwards.
            let others = ((word &+ 0x4646_4646_4646_4646) | digits) & 0x8080_8080_8080_8080
            if others == 0 {
                mantissa = mantissa &* 100_000_000 &+ Self.value(ofDigits: digits)
                offset += 8
                continue
            }
            let count = others.trailingZeroBitCount / 8
            if count > 0 {
                // Shifted up, the digits are preceded by zeros.
                let aligned = digits << UInt64(64 - 8 * count)
                mantissa = mantissa &* tables.integer(count) &+ Self.value(ofDigits: aligned)
            }
            return offset + count
        }
        while let digit = digit(at: offset) {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            offset += 1
        }
        return offset
    }

    /// The number that eight digits make, each in a byte, the first in the lowest.
    @inline(__always)
    private static func value(ofDigits digits: UInt64) -> UInt64 {
        let pairs = digits &* 10 &+ (digits >> 8)
        let mask: UInt64 = 0x0000_00FF_0000_00FF
        let upper = (pairs & mask) &* (100 + (1_000_000 << 32))
        let lower = ((pairs >> 16) & mask) &* (1 + (10_000 << 32))
        return (upper &+ lower) >> 32
    }

    private mutating func exponentPart(from start: Int, into exponent: inout Int) throws(ServingError) -> Int {
        var offset = start
        var isNegative = false
        if offset < end, byte(at: offset) == UInt8(ascii: "-") || byte(at: offset) == UInt8(ascii: "+") {
            isNegative = byte(at: offset) == UInt8(ascii: "-")
            offset += 1
        }
        guard digit(at: offset) != nil else {
            position = offset
            throw fault(.exponent)
        }
        var value = 0
        while let digit = digit(at: offset) {
            // Larger ones all mean zero or infinity for a number of at most 19 digits.
            value = min(value * 10 + Int(digit), 1_000_000)
            offset += 1
        }
        exponent += isNegative ? -value : value
        return offset
    }

    /// `NaN`, `Inf` or `Infinity`; a minus before `NaN` means nothing.
    @inline(never)
    private mutating func notFinite(at offset: Int, isNegative: Bool) throws(ServingError) -> Double {
        let start = position
        position = offset
        if takeLiteral("NaN") { return .nan }
        if takeLiteral("Infinity") || takeLiteral("Inf") { return isNegative ? -.infinity : .infinity }
        position = start
        throw fault(.value)
    }
}
