// SPDX-License-Identifier: Apache-2.0

/// A value of JSON, as the reader of Python sources prints it: whole numbers only.
package indirect enum FactsJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case text(String)
    case list([FactsJSON])
    /// The last of members with the same name counts.
    case object([String: FactsJSON])

    /// Levels; the reader needs eight.
    package static let depth = 16
    /// Values of one line.
    package static let values = 2_000_000

    /// - Returns: `nil` for what is not JSON, or is beyond a bound.
    package init?(_ bytes: ArraySlice<UInt8>) {
        var reader = FactsJSONReader(bytes: bytes)
        guard let value = reader.document() else { return nil }
        self = value
    }

    package subscript(key: String) -> FactsJSON? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    package var text: String? { if case .text(let text) = self { text } else { nil } }
    package var int: Int? { if case .int(let int) = self { int } else { nil } }
    package var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    package var list: [FactsJSON] { if case .list(let list) = self { list } else { [] } }
}

/// Goes over the bytes once.
private struct FactsJSONReader {
    let bytes: ArraySlice<UInt8>
    var position: Int
    var values = 0

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    mutating func document() -> FactsJSON? {
        guard let value = value(depth: 0) else { return nil }
        skipSpace()
        return position == bytes.endIndex ? value : nil
    }

    private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) -> FactsJSON? {
        values += 1
        guard depth < FactsJSON.depth, values <= FactsJSON.values else { return nil }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "\""): return string().map(FactsJSON.text)
        case UInt8(ascii: "t"): return word("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return word("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return word("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.endIndex - position >= count else { return false }
        let matches = word.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + count]) }
        if matches { position += count }
        return matches
    }

    private mutating func number() -> FactsJSON? {
        let start = position
        if next == UInt8(ascii: "-") { position += 1 }
        while let byte = next, byte >= 0x30, byte <= 0x39, position - start < 20 { position += 1 }
        return Int(String(decoding: bytes[start..<position], as: UTF8.self)).map(FactsJSON.int)
    }

    private mutating func list(depth: Int) -> FactsJSON? {
        position += 1
        var list: [FactsJSON] = []
        if take(UInt8(ascii: "]")) { return .list(list) }
        repeat {
            guard let item = value(depth: depth + 1) else { return nil }
            list.append(item)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .list(list) : nil
    }

    private mutating func object(depth: Int) -> FactsJSON? {
        position += 1
        var members: [String: FactsJSON] = [:]
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard let key = string(), take(UInt8(ascii: ":")), let item = value(depth: depth + 1) else { return nil }
            members[key] = item
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(members) : nil
    }

    private mutating func string() -> String? {
        guard next == UInt8(ascii: "\"") else { return nil }
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"): guard escape(&text) else { return nil }
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape(_ text: inout [UInt8]) -> Bool {
        guard let byte = next else { return false }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "u"):
            guard let unit = unit() else { return false }
            text += Array(String(scalar(unit)).utf8)
        default: return false
        }
        return true
    }

    /// Halves of a pair that stand alone, which Python's texts may have, become replacement characters.
    private mutating func scalar(_ unit: UInt32) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? replacement }
        let start = position
        guard word("\\u"), let low = self.unit(), (0xDC00..<0xE000).contains(low) else {
            position = start
            return replacement
        }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? replacement
    }

    private mutating func unit() -> UInt32? {
        guard bytes.endIndex - position >= 4 else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        position += 4
        return unit
    }
}
