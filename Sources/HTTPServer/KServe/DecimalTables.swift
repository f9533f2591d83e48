// SPDX-License-Identifier: Apache-2.0

/// The powers that turn a decimal number into a binary one: made once, from exact arithmetic, at first use.
///
/// Each power of five is its highest 128 bits, as in D. Lemire's "Number parsing at a gigabyte per second" (2021): cut
/// off, except that the first 27 negative ones, which later steps rely on, are rounded up.
struct DecimalTables: Sendable {
    static let smallestPower = -342
    /// Numbers are read with powers up to 308; the smallest ones are printed with those above.
    static let largestPower = 324
    static let shared = DecimalTables()

    private let words: [UInt64]
    private static let integers = 2 * (largestPower - smallestPower + 1)
    private static let doubles = integers + 20

    /// The tables while they are in use: one pointer, so that a loop over numbers pays for no look-up of its own.
    struct View {
        // SAFETY: points into `words` of the shared tables, which live for ever, inside `withView` only; the
        // subscripts below are bounded by their callers' ranges of powers.
        fileprivate let words: UnsafePointer<UInt64>

        /// The highest 64 bits of 5 to the power of `power`, then the 64 below.
        @inline(__always)
        func powerOfFive(_ power: Int) -> (high: UInt64, low: UInt64) {
            assert(power >= DecimalTables.smallestPower && power <= DecimalTables.largestPower)
            let index = 2 * (power - DecimalTables.smallestPower)
            return (words[index], words[index + 1])
        }

        /// 10 to the power of 0...19.
        @inline(__always)
        func integer(_ power: Int) -> UInt64 {
            assert(power >= 0 && power < 20)
            return words[DecimalTables.integers + power]
        }

        /// 10 to the power of 0...22: those that a `Double` holds exactly.
        @inline(__always)
        func double(_ power: Int) -> Double {
            assert(power >= 0 && power <= 22)
            return Double(bitPattern: words[DecimalTables.doubles + power])
        }
    }

    @inline(__always)
    func withView<Result, Failure: Error>(_ body: (View) throws(Failure) -> Result) throws(Failure) -> Result {
        try words.withUnsafeBufferPointer { buffer throws(Failure) in
            try body(View(words: buffer.baseAddress!))
        }
    }

    private init() {
        var words = [UInt64](repeating: 0, count: Self.integers)
        var positive = WideInteger.one
        for power in 0...Self.largestPower {
            Self.store(positive.highest128, at: power, in: &words)
            positive.multiplyByFive()
        }
        // Dividing by five again and again, rounding down each time, gives the same as dividing once by the power.
        var reciprocal = WideInteger.highestBit
        for power in stride(from: -1, through: Self.smallestPower, by: -1) {
            reciprocal.divideByFive()
            var (high, low) = reciprocal.highest128
            if power >= -27 {
                low &+= 1
                if low == 0 { high &+= 1 }
            }
            Self.store((high, low), at: power, in: &words)
        }
        var integer: UInt64 = 1
        for power in 0..<20 {
            words.append(integer)
            if power < 19 { integer *= 10 }
        }
        var double = 1.0
        for _ in 0...22 {
            words.append(double.bitPattern)
            double *= 10
        }
        self.words = words
    }

    private static func store(_ power: (high: UInt64, low: UInt64), at exponent: Int, in words: inout [UInt64]) {
        words[2 * (exponent - smallestPower)] = power.high
        words[2 * (exponent - smallestPower) + 1] = power.low
    }
}

/// An unsigned integer of 1,024 bits: wide enough for 5^324, and for 2^1023 / 5^342 with 128 bits to spare.
private struct WideInteger {
    private var limbs = [UInt64](repeating: 0, count: 16)

    static var one: WideInteger {
        var value = WideInteger()
        value.limbs[0] = 1
        return value
    }

    static var highestBit: WideInteger {
        var value = WideInteger()
        value.limbs[15] = 1 << 63
        return value
    }

    mutating func multiplyByFive() {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let (high, low) = limbs[index].multipliedFullWidth(by: 5)
            let (sum, overflow) = low.addingReportingOverflow(carry)
            limbs[index] = sum
            carry = high + (overflow ? 1 : 0)
        }
    }

    mutating func divideByFive() {
        var remainder: UInt64 = 0
        for index in limbs.indices.reversed() {
            (limbs[index], remainder) = UInt64(5).dividingFullWidth((remainder, limbs[index]))
        }
    }

    /// The 128 bits from the highest one that is set downwards.
    var highest128: (high: UInt64, low: UInt64) {
        guard let top = limbs.lastIndex(where: { $0 != 0 }) else { return (0, 0) }
        let shift = UInt64(limbs[top].leadingZeroBitCount)
        let limb = { (index: Int) in index >= 0 ? limbs[index] : 0 }
        // A shift by 64, which Swift defines as zero, happens when the top limb is full.
        let high = limb(top) << shift | limb(top - 1) >> (64 - shift)
        let low = limb(top - 1) << shift | limb(top - 2) >> (64 - shift)
        return (high, low)
    }
}
