// SPDX-License-Identifier: Apache-2.0

/// Reads JSON as a row of events, in constant memory but for the keys of open objects: strictly by RFC 8259, and with
/// no key twice in one object, since two readers may disagree on which of the two counts.
struct JSONEvents {
    enum Event: Equatable {
        case beginObject, endObject, beginArray, endArray
        case key(String)
        /// Cut at ``stringLimit`` bytes.
        case string(String)
        case number(String)
        case bool(Bool)
        case null
    }

    private enum Level {
        case array
        /// Keys by a hash of 64 bits with a secret seed, since a vocabulary has hundreds of thousands: nobody can
        /// make two agree, and by chance they never do.
        case object(keys: Set<Int>)
    }

    private enum State { case value, valueOrEnd, keyOrEnd, key, commaOrEnd, end }

    /// Bytes of a string that are kept.
    static let stringLimit = 1 << 20
    static let depthLimit = 64

    private let bytes: WindowedBytes
    private let end: Int
    private(set) var position: Int
    private var levels: [Level] = []
    private var state = State.value

    init(_ bytes: WindowedBytes, in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Objects and arrays that are open.
    var depth: Int { levels.count }

    /// - Returns: `nil` after the one value that a text is; only white space follows it.
    mutating func next() throws(InspectionFault) -> Event? {
        let byte = try skipSpace()
        guard let byte else {
            guard state == .end else { throw fault("ends within a value") }
            return nil
        }
        switch state {
        case .end: throw fault("has something after its end")
        case .commaOrEnd:
            if byte == UInt8(ascii: ",") {
                position += 1
                if case .object = levels.last { state = .key } else { state = .value }
                return try next()
            }
            return try close(byte)
        case .keyOrEnd where byte == UInt8(ascii: "}"), .valueOrEnd where byte == UInt8(ascii: "]"):
            return try close(byte)
        case .key, .keyOrEnd: return try key(byte)
        case .value, .valueOrEnd: return try value(byte)
        }
    }

    private mutating func close(_ byte: UInt8) throws(InspectionFault) -> Event {
        position += 1
        switch (levels.last, byte) {
        case (.array, UInt8(ascii: "]")):
            leave()
            return .endArray
        case (.object, UInt8(ascii: "}")):
            leave()
            return .endObject
        default: throw fault("has something that cannot stand there")
        }
    }

    private mutating func leave() {
        levels.removeLast()
        state = levels.isEmpty ? .end : .commaOrEnd
    }

    private mutating func key(_ byte: UInt8) throws(InspectionFault) -> Event {
        guard byte == UInt8(ascii: "\"") else { throw fault("has a key without quotes") }
        let raw = try string()
        guard case .object(var keys) = levels.removeLast() else { throw fault("has a key outside an object") }
        // The set would be copied if it stood in the list as well; so it was taken out.
        let isNew = keys.insert(Self.hash(raw)).inserted
        levels.append(.object(keys: keys))
        let name = String(decoding: raw, as: UTF8.self)
        guard isNew else { throw fault("has the key \(Printed.quoted(name)) twice in one object") }
        guard try skipSpace() == UInt8(ascii: ":") else { throw fault("has a key without a colon") }
        position += 1
        state = .value
        return .key(name)
    }

    private mutating func value(_ byte: UInt8) throws(InspectionFault) -> Event {
        switch byte {
        case UInt8(ascii: "{"): return try open(.object(keys: []), .keyOrEnd, .beginObject)
        case UInt8(ascii: "["): return try open(.array, .valueOrEnd, .beginArray)
        default: break
        }
        state = levels.isEmpty ? .end : .commaOrEnd
        switch byte {
        case UInt8(ascii: "\""): return .string(String(decoding: try string(), as: UTF8.self))
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func open(_ level: Level, _ next: State, _ event: Event) throws(InspectionFault) -> Event {
        guard levels.count < Self.depthLimit else { throw fault("nests values more than \(Self.depthLimit) deep") }
        position += 1
        levels.append(level)
        state = next
        return event
    }

    private mutating func word(_ word: String, _ event: Event) throws(InspectionFault) -> Event {
        for expected in word.utf8 {
            guard try byte() == expected else { throw fault("has an unknown word") }
            position += 1
        }
        return event
    }

    private mutating func number() throws(InspectionFault) -> Event {
        let start = position
        var text: [UInt8] = []
        while position < end, let byte = try byte(), Self.isPartOfNumber(byte) {
            guard text.count < 64 else { throw fault("has a number of more than 64 digits") }
            text.append(byte)
            position += 1
        }
        guard Self.isNumber(text) else { throw InspectionFault("has something that cannot stand there", at: start) }
        return .number(String(decoding: text, as: UTF8.self))
    }

    private static func hash(_ key: [UInt8]) -> Int {
        var hasher = Hasher()
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }

    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private static func isNumber(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        func digits() -> Int {
            let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leadsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole > 0, !leadsWithZero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// The string's bytes with escapes resolved.
    private mutating func string() throws(InspectionFault) -> [UInt8] {
        position += 1
        var result: [UInt8] = []
        while let byte = try byte() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return result
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                if result.count < Self.stringLimit, let units = UTF8.encode(scalar) { result += units }
            case ..<0x20: throw fault("has a control character in a string")
            default: if result.count < Self.stringLimit { result.append(byte) }
            }
        }
        throw fault("ends within a string")
    }

    private mutating func escape() throws(InspectionFault) -> Unicode.Scalar {
        guard let byte = try byte() else { throw fault("ends within a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault("has an unknown escape in a string")
        }
    }

    private mutating func unicodeEscape() throws(InspectionFault) -> Unicode.Scalar {
        let first = try hexadecimal()
        guard (0xD800..<0xDC00).contains(first) else {
            return Unicode.Scalar(first) ?? "\u{FFFD}"
        }
        guard try byte() == UInt8(ascii: "\\") else { return "\u{FFFD}" }
        position += 1
        guard try byte() == UInt8(ascii: "u") else { throw fault("has half a character in a string") }
        position += 1
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second) else { throw fault("has half a character in a string") }
        return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(InspectionFault) -> UInt32 {
        var result: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = try byte(), let digit = Self.digit(byte) else {
                throw fault("has an unknown escape in a string")
            }
            result = result << 4 | digit
            position += 1
        }
        return result
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    @inline(__always)
    private func byte() throws(InspectionFault) -> UInt8? {
        guard position < end else { return nil }
        return try bytes.byte(at: position)
    }

    private mutating func skipSpace() throws(InspectionFault) -> UInt8? {
        while let byte = try byte() {
            guard byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D else { return byte }
            position += 1
        }
        return nil
    }

    private func fault(_ message: String) -> InspectionFault { InspectionFault(message, at: position) }
}
