// SPDX-License-Identifier: Apache-2.0

/// Numbers as protocol 0 writes them, in a line of text. CPython takes more than its own writer writes: `int(line, 0)`
/// with any base, underscores and white space, `float(line)` with its words, and nothing behind a NUL. What is taken
/// here is more than that, never less: a number that only CPython can read must not end our reading.
enum PickleNumber {
    /// - Parameter isWhole: whether `line` is all of it.
    static func int(_ line: [UInt8], isWhole: Bool, _ offset: Int) throws(InspectionFault) -> PickleValue {
        if line == Array("00".utf8) || line == Array("01".utf8) { return .bool(line.last == UInt8(ascii: "1")) }
        guard mayBeNumber(line, isWhole: isWhole) else { throw none(offset) }
        return decimal(line, isWhole: isWhole).map(PickleValue.int) ?? .other("int")
    }

    static func float(_ line: [UInt8], isWhole: Bool, _ offset: Int) throws(InspectionFault) -> PickleValue {
        guard mayBeNumber(line, isWhole: isWhole) else { throw none(offset) }
        return .other("float")
    }

    /// A place in the memo.
    /// - Returns: `nil` if there is a number that cannot be told.
    static func index(_ line: [UInt8], isWhole: Bool, _ offset: Int) throws(InspectionFault) -> Int? {
        guard mayBeNumber(line, isWhole: isWhole) else { throw none(offset) }
        return decimal(line, isWhole: isWhole)
    }

    private static func none(_ offset: Int) -> InspectionFault {
        InspectionFault("has a number that is none", at: offset)
    }

    private static func decimal(_ line: [UInt8], isWhole: Bool) -> Int? {
        guard isWhole else { return nil }
        let digits = written(line).filter { $0 != UInt8(ascii: "_") }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Without the white space around it and the mark of a long, and no more than a reader in C sees of it.
    private static func written(_ line: [UInt8]) -> ArraySlice<UInt8> {
        let seen = PickleText.trimmed(line.prefix { $0 != 0 })
        return seen.last == UInt8(ascii: "L") ? PickleText.trimmed(seen.dropLast()) : seen
    }

    private static let words: Set<String> = ["inf", "infinity", "nan"]
    /// Digits of every base, what marks a base or an exponent, and what stands between digits.
    private static let marks = Set("0123456789abcdefABCDEFxXoO_.+-".utf8)

    private static func mayBeNumber(_ line: [UInt8], isWhole: Bool) -> Bool {
        var rest = written(line)
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        // A long of nothing is one; and so may be what stands behind more white space than is read.
        guard let first = rest.first else { return true }
        if isWhole, words.contains(String(decoding: rest, as: UTF8.self).lowercased()) { return true }
        guard (0x30...0x39).contains(first) || first == UInt8(ascii: ".") else { return false }
        return rest.allSatisfy(marks.contains)
    }
}
