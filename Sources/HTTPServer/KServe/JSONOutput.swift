// SPDX-License-Identifier: Apache-2.0
package import NIOCore

extension ByteBuffer {
    /// `text` as a JSON string, quotes included: control characters, quotes and backslashes escaped as RapidJSON does.
    package mutating func writeJSONString(_ text: String) {
        var text = text
        text.withUTF8 { writeJSONString(UnsafeRawBufferPointer($0)) }
    }

    /// Bytes that are not UTF-8 are passed on as they are, as Triton does.
    package mutating func writeJSONString(_ bytes: UnsafeRawBufferPointer) {
        writeInteger(UInt8(ascii: "\""))
        var plainStart = 0
        for (index, byte) in bytes.enumerated() where Self.needsEscape(byte) {
            writeBytes(UnsafeRawBufferPointer(rebasing: bytes[plainStart..<index]))
            writeEscape(of: byte)
            plainStart = index + 1
        }
        writeBytes(UnsafeRawBufferPointer(rebasing: bytes[plainStart...]))
        writeInteger(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case 0x08: writeStaticString("\\b")
        case 0x09: writeStaticString("\\t")
        case 0x0A: writeStaticString("\\n")
        case 0x0C: writeStaticString("\\f")
        case 0x0D: writeStaticString("\\r")
        default:
            writeStaticString("\\u00")
            for digit in [byte >> 4, byte & 15] {
                writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
            }
        }
    }

    package mutating func writeJSONInteger(_ value: some FixedWidthInteger) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: JSONDigits.integerSpace) { memory in
            JSONDigits.write(value, to: memory.baseAddress!)
        }
    }

    package mutating func writeJSONDouble(_ value: Double) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: JSONDigits.floatSpace) { memory in
            JSONDigits.write(value, to: memory.baseAddress!)
        }
    }

    package mutating func writeJSONBool(_ value: Bool) {
        if value { writeStaticString("true") } else { writeStaticString("false") }
    }

    /// `"name":`, preceded by a comma unless `first`.
    mutating func writeJSONKey(_ name: StaticString, first: Bool = false) {
        if !first { writeInteger(UInt8(ascii: ",")) }
        writeInteger(UInt8(ascii: "\""))
        writeStaticString(name)
        writeStaticString("\":")
    }
}

/// Prints numbers into memory that has room for the longest one.
enum JSONDigits {
    /// `-9223372036854775808`
    static let integerSpace = 20
    /// `-2.2250738585072014e-308` is 24 bytes long; `-Infinity` is shorter.
    static let floatSpace = 32

    /// - Returns: the number of bytes written.
    // SAFETY: of all three: `target` has room for `integerSpace` or `floatSpace` bytes, which no number exceeds.
    @inline(__always)
    static func write(_ value: some FixedWidthInteger, to target: UnsafeMutableRawPointer) -> Int {
        var magnitude = UInt64(value.magnitude)
        var length = 0
        if value < 0 {
            target.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
            length = 1
        }
        var count = 1
        var bound = magnitude
        while bound >= 10 {
            bound /= 10
            count += 1
        }
        length += count
        var offset = length
        repeat {
            offset -= 1
            let digit = UInt8(truncatingIfNeeded: magnitude % 10)
            target.storeBytes(of: UInt8(ascii: "0") + digit, toByteOffset: offset, as: UInt8.self)
            magnitude /= 10
            count -= 1
        } while count > 0
        return length
    }

    /// The shortest digits that read back as the same `Float`.
    @inline(__always)
    static func write(_ value: Float, to target: UnsafeMutableRawPointer) -> Int {
        if let length = writeWhole(Double(value), to: target) { return length }
        return value.isFinite ? copy(value.description, to: target) : writeNotFinite(Double(value), to: target)
    }

    /// The shortest digits that read back as the same `Double`.
    @inline(__always)
    static func write(_ value: Double, to target: UnsafeMutableRawPointer) -> Int {
        if let length = writeWhole(value, to: target) { return length }
        return value.isFinite ? copy(value.description, to: target) : writeNotFinite(value, to: target)
    }

    /// Small whole numbers, which one-hot vectors, masks and counts are full of.
    @inline(__always)
    private static func writeWhole(_ value: Double, to target: UnsafeMutableRawPointer) -> Int? {
        guard abs(value) < 65_536, let whole = Int32(exactly: value), whole != 0 || value.sign == .plus else {
            return nil
        }
        let length = write(whole, to: target)
        target.storeBytes(of: UInt8(ascii: "."), toByteOffset: length, as: UInt8.self)
        target.storeBytes(of: UInt8(ascii: "0"), toByteOffset: length + 1, as: UInt8.self)
        return length + 2
    }

    private static func writeNotFinite(_ value: Double, to target: UnsafeMutableRawPointer) -> Int {
        copy(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity", to: target)
    }

    @inline(__always)
    private static func copy(_ text: String, to target: UnsafeMutableRawPointer) -> Int {
        var text = text
        return text.withUTF8 { source in
            target.copyMemory(from: source.baseAddress!, byteCount: min(source.count, floatSpace))
            return source.count
        }
    }
}
