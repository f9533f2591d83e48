// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Writes JSON into memory that has room for it; ``ByteBuffer/writeJSON(space:_:)`` makes room once for many pieces.
struct JSONOutput {
    /// `-9223372036854775808`
    static let integerSpace = 20
    /// `-0.00022250738585072014` and `-2.2250738585072014e-308` are 24 bytes long.
    static let floatSpace = 32

    /// All two-digit numbers, so that digits are printed two at a time.
    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """

    // SAFETY: whoever makes one adds up the most that the pieces can take (`integerSpace`, `floatSpace`, `space(for:)`,
    // a literal's length), and reserves that.
    private let base: UnsafeMutableRawPointer
    private(set) var count = 0

    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    @inline(__always)
    mutating func byte(_ byte: UInt8) {
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    mutating func literal(_ text: StaticString) {
        (base + count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    @inline(__always)
    mutating func bool(_ value: Bool) {
        if value { literal("true") } else { literal("false") }
    }

    @inline(__always)
    mutating func integer(_ value: some FixedWidthInteger) {
        if value < 0 { byte(UInt8(ascii: "-")) }
        decimal(UInt64(value.magnitude), width: Self.width(of: UInt64(value.magnitude)))
    }

    @inline(__always)
    private mutating func decimal(_ value: UInt64, width: Int) {
        var rest = value
        var offset = count + width
        count = offset
        let pairs = UnsafeRawPointer(Self.pairs.utf8Start)
        while rest >= 100 {
            offset -= 2
            let pair = pairs.loadUnaligned(fromByteOffset: Int(rest % 100) * 2, as: UInt16.self)
            base.storeBytes(of: pair, toByteOffset: offset, as: UInt16.self)
            rest /= 100
        }
        if rest >= 10 {
            let pair = pairs.loadUnaligned(fromByteOffset: Int(rest) * 2, as: UInt16.self)
            base.storeBytes(of: pair, toByteOffset: offset - 2, as: UInt16.self)
        } else {
            base.storeBytes(of: UInt8(ascii: "0") + UInt8(rest), toByteOffset: offset - 1, as: UInt8.self)
        }
    }

    @inline(__always)
    private static func width(of value: UInt64) -> Int {
        var width = 1
        var bound: UInt64 = 10
        while width < 20 && value >= bound {
            width += 1
            bound = bound &* 10
        }
        return width
    }

    @inline(__always)
    mutating func float(_ value: Float, _ tables: DecimalTables.View) {
        guard value.isFinite && value != 0 else { return special(Double(value)) }
        if value.sign == .minus { byte(UInt8(ascii: "-")) }
        shortest(ShortestDecimal(value.magnitude, tables))
    }

    @inline(__always)
    mutating func float(_ value: Double, _ tables: DecimalTables.View) {
        guard value.isFinite && value != 0 else { return special(value) }
        if value.sign == .minus { byte(UInt8(ascii: "-")) }
        shortest(ShortestDecimal(value.magnitude, tables))
    }

    /// Zero and what is not finite, in RapidJSON's words.
    private mutating func special(_ value: Double) {
        if value.sign == .minus && !value.isNaN { byte(UInt8(ascii: "-")) }
        if value.isNaN {
            literal("NaN")
        } else if value == 0 {
            literal("0.0")
        } else {
            literal("Infinity")
        }
    }

    /// As `123.0`, `0.0123` or, beyond 1e16 and below 1e-5, `1.23e-7`.
    @inline(__always)
    private mutating func shortest(_ number: ShortestDecimal) {
        var digits = number.digits
        var exponent = number.exponent
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        let width = Self.width(of: digits)
        let point = width + exponent
        if point > 16 || point < -4 {
            scientific(digits, width: width, exponent: point - 1)
        } else if point <= 0 {
            literal("0.")
            for _ in point..<0 { byte(UInt8(ascii: "0")) }
            decimal(digits, width: width)
        } else if exponent >= 0 {
            decimal(digits, width: width)
            for _ in 0..<exponent { byte(UInt8(ascii: "0")) }
            literal(".0")
        } else {
            decimal(digits, width: width)
            insertPoint(before: -exponent)
        }
    }

    private mutating func scientific(_ digits: UInt64, width: Int, exponent: Int) {
        decimal(digits, width: width)
        if width > 1 { insertPoint(before: width - 1) }
        byte(UInt8(ascii: "e"))
        integer(exponent)
    }

    /// Moves the last `places` digits up by one to make room for the point.
    @inline(__always)
    private mutating func insertPoint(before places: Int) {
        for offset in stride(from: count, to: count - places, by: -1) {
            base.storeBytes(
                of: base.load(fromByteOffset: offset - 1, as: UInt8.self),
                toByteOffset: offset,
                as: UInt8.self
            )
        }
        base.storeBytes(of: UInt8(ascii: "."), toByteOffset: count - places, as: UInt8.self)
        count += 1
    }
}

extension JSONOutput {
    /// The most bytes that `text` can take as a string: all of them escaped, for a short one.
    static func space(for text: some Collection<UInt8>) -> Int {
        guard text.count > 256 else { return text.count * 6 + 2 }
        return text.reduce(text.count + 2) { $0 + (needsEscape($1) ? 5 : 0) }
    }

    static func space(for text: String) -> Int { space(for: text.utf8) }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// A string with its quotes; control characters, quotes and backslashes are escaped as RapidJSON does, and bytes
    /// that are not UTF-8 are passed on as they are, as Triton does.
    mutating func string(_ text: UnsafeRawBufferPointer) {
        byte(UInt8(ascii: "\""))
        for character in text {
            if Self.needsEscape(character) { escape(character) } else { byte(character) }
        }
        byte(UInt8(ascii: "\""))
    }

    private mutating func escape(_ character: UInt8) {
        switch character {
        case UInt8(ascii: "\""): literal("\\\"")
        case UInt8(ascii: "\\"): literal("\\\\")
        case 0x08: literal("\\b")
        case 0x09: literal("\\t")
        case 0x0A: literal("\\n")
        case 0x0C: literal("\\f")
        case 0x0D: literal("\\r")
        default:
            literal("\\u00")
            byte(UInt8(ascii: "0") + (character >> 4))
            let low = character & 15
            byte(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "A") + low - 10)
        }
    }
}

extension ByteBuffer {
    /// Appends what `write` writes, at most `space` bytes.
    @inline(__always)
    mutating func writeJSON(space: Int, _ write: (inout JSONOutput) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: max(space, 1)) { memory in
            var output = JSONOutput(memory.baseAddress!)
            write(&output)
            assert(output.count <= space, "more written than was made room for")
            return output.count
        }
    }

    mutating func writeJSONString(_ text: String) {
        writeJSON(space: JSONOutput.space(for: text)) { $0.string(text) }
    }

    mutating func writeJSONInteger(_ value: some FixedWidthInteger) {
        writeJSON(space: JSONOutput.integerSpace) { $0.integer(value) }
    }

    /// `"name":`, preceded by a comma unless `first`.
    mutating func writeJSONKey(_ name: StaticString, first: Bool = false) {
        writeJSON(space: name.utf8CodeUnitCount + 4) { output in
            if !first { output.byte(UInt8(ascii: ",")) }
            output.byte(UInt8(ascii: "\""))
            output.literal(name)
            output.literal("\":")
        }
    }
}
