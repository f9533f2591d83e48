// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// One element of a tensor between its bytes and its JSON.
extension DataType {
    /// Appends `value` as one element; `false` if it is not one of this type, or out of its range.
    func append(_ value: JSONValue, to bytes: inout [UInt8]) -> Bool {
        switch self {
        case .bool: return Self.append(bool: value, to: &bytes)
        case .uint8: return Self.append(value, as: UInt8.self, to: &bytes)
        case .uint16: return Self.append(value, as: UInt16.self, to: &bytes)
        case .uint32: return Self.append(value, as: UInt32.self, to: &bytes)
        case .uint64: return Self.append(value, as: UInt64.self, to: &bytes)
        case .int8: return Self.append(value, as: Int8.self, to: &bytes)
        case .int16: return Self.append(value, as: Int16.self, to: &bytes)
        case .int32: return Self.append(value, as: Int32.self, to: &bytes)
        case .int64: return Self.append(value, as: Int64.self, to: &bytes)
        case .fp16: return Self.append(value, to: &bytes) { HalfPrecision.bits(of: Float($0)) }
        case .bf16: return Self.append(value, to: &bytes) { HalfPrecision.brainBits(of: Float($0)) }
        case .fp32: return Self.append(value, to: &bytes) { Float($0).bitPattern }
        case .fp64: return Self.append(value, to: &bytes) { $0.bitPattern }
        case .bytes:
            guard let text = value.text, let length = UInt32(exactly: text.utf8.count) else { return false }
            Self.append(length, to: &bytes)
            bytes += text.utf8
            return true
        }
    }

    /// Takes one element off the front; `nil` if the bytes end within it.
    func takeElement(from bytes: inout ArraySlice<UInt8>) -> JSONValue? {
        switch self {
        case .bool: Self.take(UInt8.self, from: &bytes).map { .bool($0 != 0) }
        case .uint8: Self.take(UInt8.self, from: &bytes).map { .integer(Int64($0)) }
        case .uint16: Self.take(UInt16.self, from: &bytes).map { .integer(Int64($0)) }
        case .uint32: Self.take(UInt32.self, from: &bytes).map { .integer(Int64($0)) }
        case .uint64:
            Self.take(UInt64.self, from: &bytes).map { Int64(exactly: $0).map { .integer($0) } ?? .unsigned($0) }
        case .int8: Self.take(UInt8.self, from: &bytes).map { .integer(Int64(Int8(bitPattern: $0))) }
        case .int16: Self.take(UInt16.self, from: &bytes).map { .integer(Int64(Int16(bitPattern: $0))) }
        case .int32: Self.take(UInt32.self, from: &bytes).map { .integer(Int64(Int32(bitPattern: $0))) }
        case .int64: Self.take(UInt64.self, from: &bytes).map { .integer(Int64(bitPattern: $0)) }
        case .fp16: Self.take(UInt16.self, from: &bytes).map { .number(Double(HalfPrecision.float(bits: $0))) }
        case .bf16:
            Self.take(UInt16.self, from: &bytes).map { .number(Double(Float(bitPattern: UInt32($0) << 16))) }
        case .fp32: Self.take(UInt32.self, from: &bytes).map { .number(Double(Float(bitPattern: $0))) }
        case .fp64: Self.take(UInt64.self, from: &bytes).map { .number(Double(bitPattern: $0)) }
        case .bytes: Self.takeString(from: &bytes)
        }
    }

    private static func append(bool value: JSONValue, to bytes: inout [UInt8]) -> Bool {
        switch value {
        case .bool(let flag): bytes.append(flag ? 1 : 0)
        case .integer(let number) where number == 0 || number == 1: bytes.append(UInt8(number))
        default: return false
        }
        return true
    }

    private static func append<Element: FixedWidthInteger>(
        _ value: JSONValue,
        as type: Element.Type,
        to bytes: inout [UInt8]
    ) -> Bool {
        let element: Element?
        switch value {
        case .integer(let number): element = Element(exactly: number)
        case .unsigned(let number): element = Element(exactly: number)
        case .number(let number): element = Element(exactly: number)
        default: element = nil
        }
        guard let element else { return false }
        append(element, to: &bytes)
        return true
    }

    private static func append<Bits: FixedWidthInteger>(
        _ value: JSONValue,
        to bytes: inout [UInt8],
        bits: (Double) -> Bits
    ) -> Bool {
        guard let number = value.double else { return false }
        append(bits(number), to: &bytes)
        return true
    }

    private static func append<Bits: FixedWidthInteger>(_ bits: Bits, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func take<Bits: FixedWidthInteger & UnsignedInteger>(
        _ type: Bits.Type,
        from bytes: inout ArraySlice<UInt8>
    ) -> Bits? {
        let size = Bits.bitWidth / 8
        guard bytes.count >= size else { return nil }
        var bits: Bits = 0
        for (index, byte) in bytes.prefix(size).enumerated() { bits |= Bits(byte) << Bits(8 * index) }
        bytes = bytes.dropFirst(size)
        return bits
    }

    private static func takeString(from bytes: inout ArraySlice<UInt8>) -> JSONValue? {
        guard let length = take(UInt32.self, from: &bytes), bytes.count >= Int(length) else { return nil }
        defer { bytes = bytes.dropFirst(Int(length)) }
        return .string(String(decoding: bytes.prefix(Int(length)), as: UTF8.self))
    }
}

/// The two 16-bit floating point types; written out because `Float16` does not exist on every platform we build for.
enum HalfPrecision {
    static func float(bits: UInt16) -> Float {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10) & 0x1F
        let fraction = Float(bits & 0x3FF)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 0x1F: return fraction == 0 ? sign * .infinity : .nan
        default: return Float(sign: .plus, exponent: exponent - 25, significand: 1) * sign * (1024 + fraction)
        }
    }

    /// The nearest value, ties to even.
    static func bits(of value: Float) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        if value.isNaN { return sign | 0x7E00 }
        let magnitude = value.magnitude
        // Halfway between the largest finite value and the power of two above it.
        if magnitude >= 65520 { return sign | 0x7C00 }
        // Below the smallest normal value the steps stop getting smaller.
        let exponent = max(Int(magnitude == 0 ? -14 : magnitude.exponent), -14)
        let step = Float(sign: .plus, exponent: exponent - 10, significand: 1)
        let steps = UInt16((magnitude / step).rounded(.toNearestOrEven))
        // A carry out of the fraction moves into the exponent by itself.
        return sign + (UInt16(exponent + 14) << 10) + steps
    }

    /// The nearest value, ties to even.
    static func brainBits(of value: Float) -> UInt16 {
        if value.isNaN { return 0x7FC0 }
        let bits = value.bitPattern
        let rounding = 0x7FFF + ((bits >> 16) & 1)
        return UInt16(truncatingIfNeeded: (bits &+ rounding) >> 16)
    }
}
