// SPDX-License-Identifier: Apache-2.0

/// The shortest decimal that reads back as a given number, the closest to it where several are as short:
/// R. Giulietti's "The Schubfach way to render doubles" (2021).
struct ShortestDecimal: Equatable {
    /// The value is `digits × 10^exponent`.
    var digits: UInt64
    var exponent: Int

    /// - Parameter value: finite and above zero.
    @inline(__always)
    init(_ value: Double, _ tables: DecimalTables.View) {
        let fraction = value.significandBitPattern
        let biased = Int(value.exponentBitPattern)
        self.init(
            significand: biased == 0 ? fraction : fraction | 1 << 52,
            exponent: max(biased, 1) - 1075,
            isLowerGapHalf: fraction == 0 && biased > 1
        ) { power in
            let five = tables.roundedUpPowerOfFive(power)
            return { factor in
                let upper = factor.multipliedFullWidth(by: five.high)
                let (middle, carry) = upper.low.addingReportingOverflow(
                    factor.multipliedFullWidth(by: five.low).high
                )
                return (upper.high &+ (carry ? 1 : 0)) | (middle > 1 ? 1 : 0)
            }
        }
    }

    /// - Parameter value: finite and above zero.
    @inline(__always)
    init(_ value: Float, _ tables: DecimalTables.View) {
        let fraction = UInt64(value.significandBitPattern)
        let biased = Int(value.exponentBitPattern)
        self.init(
            significand: biased == 0 ? fraction : fraction | 1 << 23,
            exponent: max(biased, 1) - 150,
            isLowerGapHalf: fraction == 0 && biased > 1
        ) { power in
            let five = tables.roundedUpPowerOfFive64(power)
            return { factor in
                let product = factor.multipliedFullWidth(by: five)
                return product.high | (product.low >> 32 > 1 ? 1 : 0)
            }
        }
    }

    /// - Parameters:
    ///   - exponent: of two, of the significand's last bit.
    ///   - isLowerGapHalf: whether the next number below is only half as far away as the one above.
    ///   - scale: for a power of ten, the function that multiplies by it and rounds to odd.
    @inline(__always)
    private init(
        significand: UInt64,
        exponent binaryExponent: Int,
        isLowerGapHalf: Bool,
        scale: (Int) -> (UInt64) -> UInt64
    ) {
        // Fixed-point logarithms: of 2, and of 3/4 where the gaps differ, to base 10; then of 10 to base 2.
        let power = (binaryExponent &* 1_262_611 &- (isLowerGapHalf ? 524_031 : 0)) >> 22
        let shift = UInt64(binaryExponent + ((-power &* 1_741_647) >> 19) + 1)
        let scaled = scale(-power)
        let value = scaled((4 * significand) << shift)
        // An even significand owns the borders of its interval too.
        let isOdd = significand & 1
        let lower = scaled((4 * significand - (isLowerGapHalf ? 1 : 2)) << shift) + isOdd
        let upper = scaled((4 * significand + 2) << shift) - isOdd
        let floor = value / 4
        if floor >= 10 {
            let tens = floor / 10
            let isLowInside = lower <= 40 * tens
            let isHighInside = 40 * tens + 40 <= upper
            if isLowInside != isHighInside {
                digits = tens + (isHighInside ? 1 : 0)
                exponent = power + 1
                return
            }
        }
        exponent = power
        let isLowInside = lower <= 4 * floor
        let isHighInside = 4 * floor + 4 <= upper
        if isLowInside != isHighInside {
            digits = floor + (isHighInside ? 1 : 0)
            return
        }
        let middle = 4 * floor + 2
        digits = floor + (value > middle || (value == middle && floor & 1 == 1) ? 1 : 0)
    }
}

extension DecimalTables.View {
    /// The highest 128 bits of 5 to the power of `power`, rounded up.
    @inline(__always)
    fileprivate func roundedUpPowerOfFive(_ power: Int) -> (high: UInt64, low: UInt64) {
        let five = powerOfFive(power)
        // The table holds these rounded up already, or exactly.
        if power >= -27 && power <= 55 { return five }
        let (low, overflow) = five.low.addingReportingOverflow(1)
        return (five.high &+ (overflow ? 1 : 0), low)
    }

    /// The highest 64 bits of 5 to the power of `power`, rounded up.
    @inline(__always)
    fileprivate func roundedUpPowerOfFive64(_ power: Int) -> UInt64 {
        let five = powerOfFive(power)
        return five.low == 0 ? five.high : five.high &+ 1
    }
}
