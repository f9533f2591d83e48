// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Reads the JSON objects that a worker sends: one level of members, whose values are plain or kept as text.
struct JSONObjectReader {
    enum Value {
        case plain(ParameterValue)
        case null
        /// An array or an object, as it stands.
        case nested(String)
    }

    static let memberLimit = 256
    static let depthLimit = 64

    private let text: [UInt8]
    private var index = 0

    private init(_ text: String) { self.text = Array(text.utf8) }

    /// Parameters of a response: an object whose values are texts, numbers, or true and false; empty for none.
    static func parameters(_ text: String) throws(WorkerFault) -> [Parameter] {
        guard !text.isEmpty else { return [] }
        var parameters: [Parameter] = []
        var reader = JSONObjectReader(text)
        try reader.object { (name, value) throws(WorkerFault) in
            guard case .plain(let value) = value else { throw WorkerFault("parameter '\(name)' has no plain value") }
            parameters.append(Parameter(name: name, value: value))
        }
        return parameters
    }

    /// The text of the object that stands at `name`; `nil` if there is none.
    static func nestedObject(named name: String, in text: String) throws(WorkerFault) -> String? {
        var found: String?
        var reader = JSONObjectReader(text)
        try reader.object { (member, value) throws(WorkerFault) in
            if member == name, case .nested(let text) = value { found = text }
        }
        return found
    }

    /// Whether `name` is there and true.
    static func flag(named name: String, in text: String) throws(WorkerFault) -> Bool {
        var found = false
        var reader = JSONObjectReader(text)
        try reader.object { (member, value) throws(WorkerFault) in
            if member == name, case .plain(.bool(let value)) = value { found = value }
        }
        return found
    }

    /// The members of an object by their names; of two with one name, the last.
    static func members(_ text: String, limit: Int = memberLimit) throws(WorkerFault) -> [String: Value] {
        var members: [String: Value] = [:]
        var reader = JSONObjectReader(text)
        try reader.object(limit: limit) { (name, value) throws(WorkerFault) in members[name] = value }
        return members
    }

    /// The elements of an array.
    static func elements(_ text: String, limit: Int) throws(WorkerFault) -> [Value] {
        var elements: [Value] = []
        var reader = JSONObjectReader(text)
        try reader.expect("[")
        if reader.next() != UInt8(ascii: "]") {
            repeat {
                guard elements.count < limit else { throw WorkerFault("an array has more than \(limit) elements") }
                elements.append(try reader.value())
            } while reader.take(",")
        }
        try reader.expect("]")
        try reader.end()
        return elements
    }

    private mutating func object(
        limit: Int = memberLimit,
        _ member: (String, Value) throws(WorkerFault) -> Void
    ) throws(WorkerFault) {
        try expect("{")
        var count = 0
        if next() != UInt8(ascii: "}") {
            repeat {
                count += 1
                guard count <= limit else {
                    throw WorkerFault("an object has more than \(limit) members")
                }
                skipSpace()
                let name = try string()
                try expect(":")
                try member(name, try value())
            } while take(",")
        }
        try expect("}")
        try end()
    }

    private mutating func end() throws(WorkerFault) {
        skipSpace()
        guard index == text.count else { throw Self.malformed }
    }

    private mutating func value() throws(WorkerFault) -> Value {
        switch next() {
        case UInt8(ascii: "\""): return .plain(.string(try string()))
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let start = index
            try skipNested()
            return .nested(String(decoding: text[start..<index], as: UTF8.self))
        default: return try word()
        }
    }

    private mutating func word() throws(WorkerFault) -> Value {
        let start = index
        while index < text.count, !Self.endsWord(text[index]) { index += 1 }
        let word = String(decoding: text[start..<index], as: UTF8.self)
        switch word {
        case "true": return .plain(.bool(true))
        case "false": return .plain(.bool(false))
        case "null": return .null
        default:
            guard let first = word.utf8.first, first == UInt8(ascii: "-") || Self.isDigit(first) else {
                throw Self.malformed
            }
            if let value = Int64(word) { return .plain(.int64(value)) }
            if let value = UInt64(word) { return .plain(.uint64(value)) }
            guard let value = Double(word), value.isFinite else { throw Self.malformed }
            return .plain(.double(value))
        }
    }

    /// Brackets and strings only: what the object is worth is for whoever reads it to say.
    private mutating func skipNested() throws(WorkerFault) {
        var closing: [UInt8] = []
        repeat {
            guard index < text.count else { throw Self.malformed }
            switch text[index] {
            case UInt8(ascii: "\""):
                _ = try string()
                continue
            case UInt8(ascii: "{"): closing.append(UInt8(ascii: "}"))
            case UInt8(ascii: "["): closing.append(UInt8(ascii: "]"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard closing.popLast() == text[index] else { throw Self.malformed }
            default: break
            }
            guard closing.count <= Self.depthLimit else { throw WorkerFault("JSON is nested too deeply") }
            index += 1
        } while !closing.isEmpty
    }

    private mutating func string() throws(WorkerFault) -> String {
        guard index < text.count, text[index] == UInt8(ascii: "\"") else { throw Self.malformed }
        index += 1
        var scalars = String.UnicodeScalarView()
        var start = index
        func plain() -> Substring { Substring(decoding: text[start..<index], as: UTF8.self) }
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""):
                scalars.append(contentsOf: plain().unicodeScalars)
                index += 1
                return String(scalars)
            case UInt8(ascii: "\\"):
                scalars.append(contentsOf: plain().unicodeScalars)
                index += 1
                scalars.append(try escape())
                start = index
            case 0..<0x20: throw Self.malformed
            default: index += 1
            }
        }
        throw Self.malformed
    }

    private mutating func escape() throws(WorkerFault) -> Unicode.Scalar {
        guard index < text.count else { throw Self.malformed }
        let byte = text[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try hexadecimal()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            guard unit < 0xDC00, take("\\", skippingSpace: false), take("u", skippingSpace: false) else {
                throw Self.malformed
            }
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
            else { throw Self.malformed }
            return scalar
        default: throw Self.malformed
        }
    }

    private mutating func hexadecimal() throws(WorkerFault) -> UInt32 {
        guard text.count - index >= 4, !text[index..<index + 4].contains(where: { $0 == 0x2B || $0 == 0x2D }),
            let unit = UInt32(String(decoding: text[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw Self.malformed }
        index += 4
        return unit
    }

    private mutating func next() -> UInt8? {
        skipSpace()
        return index < text.count ? text[index] : nil
    }

    private mutating func take(_ character: Unicode.Scalar, skippingSpace: Bool = true) -> Bool {
        if skippingSpace { skipSpace() }
        guard index < text.count, UInt32(text[index]) == character.value else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(WorkerFault) {
        guard take(character) else { throw Self.malformed }
    }

    private mutating func skipSpace() {
        while index < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { index += 1 }
    }

    private static func endsWord(_ byte: UInt8) -> Bool { byte <= 0x20 || ",:}]\"{[".utf8.contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static let malformed = WorkerFault("what should be a JSON object is none")
}
