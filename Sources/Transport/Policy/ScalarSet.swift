// SPDX-License-Identifier: Apache-2.0

/// A set of Unicode scalars, by value. ASCII is a bitmap; the rest are ranges.
struct ScalarSet: Sendable, Equatable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// In order, with a gap between each two, so that a class of many ranges costs little more than one of few.
    private var others: [ClosedRange<UInt32>] = []

    private static let otherBounds: ClosedRange<UInt32> = 0x80...0x10FFFF

    static let any = ScalarSet().inverted
    static let anyButNewline = ScalarSet(0x0A...0x0A).inverted
    static let digits = ScalarSet("09")
    static let wordCharacters = ScalarSet("09AZaz__")
    static let spaces = ScalarSet("\t\n\u{0C}\r  ")

    init() {}

    init(_ range: ClosedRange<UInt32>) { insert(range) }

    /// Each pair of characters is a range.
    init(_ pairs: String) {
        var scalars = Array(pairs.unicodeScalars.map(\.value))[...]
        while let first = scalars.popFirst(), let last = scalars.popFirst() { insert(first...last) }
    }

    func contains(_ scalar: UInt32) -> Bool {
        switch scalar {
        case ..<64: low & (1 << UInt64(scalar)) != 0
        case ..<128: high & (1 << UInt64(scalar - 64)) != 0
        default: isAmongOthers(scalar)
        }
    }

    private func isAmongOthers(_ scalar: UInt32) -> Bool {
        let index = firstOther { $0.upperBound >= scalar }
        return index < others.count && others[index].lowerBound <= scalar
    }

    /// The place of the first range that `isBehind` holds for, as it does for all after that one.
    private func firstOther(_ isBehind: (ClosedRange<UInt32>) -> Bool) -> Int {
        var start = 0
        var end = others.count
        while start < end {
            let middle = (start + end) / 2
            if isBehind(others[middle]) { end = middle } else { start = middle + 1 }
        }
        return start
    }

    mutating func insert(_ range: ClosedRange<UInt32>) {
        if range.lowerBound < 128 {
            for scalar in range.lowerBound...min(range.upperBound, 127) {
                if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar - 64) }
            }
        }
        if range.upperBound >= 128 { insertOther(max(range.lowerBound, 128)...range.upperBound) }
    }

    private mutating func insertOther(_ range: ClosedRange<UInt32>) {
        let touched =
            firstOther { $0.upperBound + 1 >= range.lowerBound }..<firstOther { $0.lowerBound > range.upperBound + 1 }
        var merged = range
        if let first = others[touched].first, let last = others[touched].last {
            merged = min(range.lowerBound, first.lowerBound)...max(range.upperBound, last.upperBound)
        }
        others.replaceSubrange(touched, with: CollectionOfOne(merged))
    }

    mutating func formUnion(_ other: ScalarSet) {
        low |= other.low
        high |= other.high
        for range in other.others { insertOther(range) }
    }

    /// With both cases of every ASCII letter in it.
    var ignoringCase: ScalarSet {
        let letters: UInt64 = 0x07FF_FFFE
        var set = self
        set.high |= (high & letters) << 32 | (high >> 32) & letters
        return set
    }

    var inverted: ScalarSet {
        var set = ScalarSet()
        (set.low, set.high) = (~low, ~high)
        var next = Self.otherBounds.lowerBound
        for range in others {
            if range.lowerBound > next { set.others.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= Self.otherBounds.upperBound { set.others.append(next...Self.otherBounds.upperBound) }
        return set
    }

    /// `[:name:]` of POSIX, for ASCII.
    static func posixClass(_ name: String) -> ScalarSet? {
        switch name {
        case "alnum": ScalarSet("09AZaz")
        case "alpha": ScalarSet("AZaz")
        case "ascii": ScalarSet("\0\u{7F}")
        case "blank": ScalarSet("\t\t  ")
        case "cntrl": ScalarSet("\0\u{1F}\u{7F}\u{7F}")
        case "digit": digits
        case "graph": ScalarSet("!~")
        case "lower": ScalarSet("az")
        case "print": ScalarSet(" ~")
        case "punct": ScalarSet("!/:@[`{~")
        case "space": ScalarSet("\t\r  ")
        case "upper": ScalarSet("AZ")
        case "word": wordCharacters
        case "xdigit": ScalarSet("09AFaf")
        default: nil
        }
    }
}
