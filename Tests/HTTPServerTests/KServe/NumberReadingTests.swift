// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inference
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct NumberReadingTests {
    private static func read(_ text: String) -> Double? {
        // Exactly as many bytes as the text has, so that a read beyond them is one that a sanitizer sees.
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { memory in
            DecimalTables.shared.withView { tables in
                var scanner = JSONScanner(memory, depthLimit: 1)
                guard let value = try? scanner.double(tables), scanner.position == bytes.count else { return nil }
                return value
            }
        }
    }

    /// A text on which both disagree; `nil` if there is none.
    private static func disagreement(seed: UInt64, count: Int) -> String? {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<count {
            let text = randomNumber(&generator)
            let expected = strtod(text, nil)
            let actual = read(text)
            let agrees = expected.isFinite ? actual?.bitPattern == expected.bitPattern : actual == nil
            if !agrees { return text }
        }
        return nil
    }

    private static func digits(_ count: Int, _ generator: inout SplitMix64) -> String {
        String((0..<count).map { _ in Character(Unicode.Scalar(UInt8.random(in: 48...57, using: &generator))) })
    }

    /// Numbers of every kind that is read by a way of its own: any bit pattern, short and long decimals, halfway cases.
    private static func randomNumber(_ generator: inout SplitMix64) -> String {
        let sign = Bool.random(using: &generator) ? "-" : ""
        let pattern = Double(bitPattern: generator.next() & (1 << 63 - 1))
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1:
            return sign + (pattern.isFinite ? pattern : 0.5).description
        case 2:
            return sign + "0." + digits(.random(in: 1...17, using: &generator), &generator)
        case 3:
            let whole = String(Int.random(in: 0..<100_000, using: &generator))
            return sign + whole + "." + digits(.random(in: 1...8, using: &generator), &generator)
        case 4:
            let lead = String(Int.random(in: 1...9, using: &generator))
            let exponent = Int.random(in: -345...310, using: &generator)
            return sign + lead + digits(.random(in: 0...24, using: &generator), &generator) + "e\(exponent)"
        case 5:
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            return (float.isFinite ? float : 1).description
        case 6:
            return sign + halfway(&generator)
        default:
            let lead = String(Int.random(in: 1...9, using: &generator))
            let fraction = digits(.random(in: 20...60, using: &generator), &generator)
            return sign + lead + "." + fraction + "E+\(Int.random(in: 0...300, using: &generator))"
        }
    }

    /// The decimal exactly between two neighbouring doubles, sometimes with a digit more, which must tip it.
    private static func halfway(_ generator: inout SplitMix64) -> String {
        let whole = UInt64.random(in: 1 << 53...1 << 62, using: &generator)
        let step = UInt64(1) << UInt64(63 - whole.leadingZeroBitCount - 52)
        let middle = whole / step * step + step / 2
        return Bool.random(using: &generator) ? "\(middle)" : "\(middle).000000000000000000001"
    }

    @Test func agreesWithTheCLibrary() {
        #expect(Self.disagreement(seed: 1, count: 200_000) == nil)
    }

    /// Ten million take a minute in a release build: `BUCKLER_NUMBERS=10000000`.
    @Test func agreesWithTheCLibraryOnAsManyAsAsked() {
        guard let text = getenv("BUCKLER_NUMBERS"), let count = Int(String(cString: text)) else { return }
        #expect(Self.disagreement(seed: 2, count: count) == nil)
    }

    @Test(arguments: [
        "0", "-0", "0.0", "-0.0", "1", "1.5", "1e0", "1E+2", "1e-2", "123456789012345678", "9007199254740993",
        "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "1.7976931348623157e308", "1e-400", "0e99999999999999999999", "0.1", "1e23",
        "8.41e21", "9.5e-323", "1e22", "1e-22", "6.0221e23", "18446744073709551615", "18446744073709551616",
        "100000000000000000000000000000000000000000000000000e-50", "3.4028235677973366e38", "0.000000000000000001",
    ])
    func readsAsTheCLibraryDoes(_ text: String) {
        #expect(Self.read(text)?.bitPattern == strtod(text, nil).bitPattern)
    }

    @Test func readsNumbersLongerThanAnyBuffer() {
        let zeros = String(repeating: "0", count: 5000)
        let nines = String(repeating: "9", count: 5000)
        // Halfway between 1 and the next number, then one digit far behind it.
        let half = "1.00000000000000011102230246251565404236316680908203125"
        for text in ["0.\(zeros)1e5001", "1\(zeros)e-5000", "0.\(nines)", half, "\(half)\(zeros)1", "\(half)\(zeros)"] {
            #expect(Self.read(text)?.bitPattern == strtod(text, nil).bitPattern)
        }
    }

    @Test(arguments: [
        ("NaN", Double.nan), ("-NaN", .nan), ("Inf", .infinity), ("-Inf", -.infinity), ("Infinity", .infinity),
        ("-Infinity", -.infinity),
    ])
    func readsWhatIsNotFinite(_ text: String, _ value: Double) {
        #expect(Self.read(text).map { $0 == value || ($0.isNaN && value.isNaN) } == true)
    }

    @Test(arguments: [
        "", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "01", "--1", "0x10", "1_0", "Na", "nan", "inf", "Infinit",
        "1e309",
        "-1e309", "1.8e308", "1e99999999999999999999",
    ])
    func refuses(_ text: String) {
        #expect(Self.read(text) == nil)
    }
}
