// SPDX-License-Identifier: Apache-2.0

/// Reads one document of RFC 8259 to the letter, and refuses what the RFC leaves open and parsers disagree about: members named twice,
/// text that is not UTF-8, half surrogates, numbers beyond a `Double`.
package struct JSONNodeReader {
    package struct Fault: Error, Equatable {
        package var reason: String
        /// Bytes from the start of the document.
        package var offset: Int
    }

    private let bytes: [UInt8]
    private let depthLimit: Int
    private var nodesLeft: Int
    private var position = 0

    private init(_ bytes: [UInt8], depth: Int, nodes: Int) {
        self.bytes = bytes
        depthLimit = depth
        nodesLeft = nodes
    }

    /// - Parameters:
    ///   - depth: arrays and objects that may stand within one another.
    ///   - nodes: values in all.
    package static func parse(_ bytes: [UInt8], depth: Int, nodes: Int) throws(Fault) -> JSONNode {
        var reader = JSONNodeReader(bytes, depth: depth, nodes: nodes)
        let node = try reader.node(within: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.fault("unexpected text after the document") }
        return node
    }

    private func fault(_ reason: String) -> Fault { Fault(reason: reason, offset: position) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func node(within depth: Int) throws(Fault) -> JSONNode {
        guard nodesLeft > 0 else { throw fault("too many values") }
        nodesLeft -= 1
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"): return try number()
        case let byte? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): return try number()
        default: throw fault("a value is missing")
        }
    }

    private mutating func word(_ word: String, _ node: JSONNode) throws(Fault) -> JSONNode {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("unknown word") }
        position += word.utf8.count
        return node
    }

    private mutating func object(depth: Int) throws(Fault) -> JSONNode {
        guard depth <= depthLimit else { throw fault("nested deeper than \(depthLimit)") }
        position += 1
        skipSpace()
        var members: [String: JSONNode] = [:]
        if skip(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw fault("a member's name is missing") }
            let name = try string()
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { throw fault("':' is missing") }
            let value = try node(within: depth)
            guard members.updateValue(value, forKey: name) == nil else { throw fault("a member is named twice") }
            skipSpace()
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw fault("'}' is missing") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(Fault) -> JSONNode {
        guard depth <= depthLimit else { throw fault("nested deeper than \(depthLimit)") }
        position += 1
        skipSpace()
        var elements: [JSONNode] = []
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try node(within: depth))
            skipSpace()
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw fault("']' is missing") }
        return .array(elements)
    }
}

extension JSONNodeReader {
    private mutating func number() throws(Fault) -> JSONNode {
        let start = position
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        var isInteger = true
        if skip(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            isInteger = false
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try digits()
        }
        guard position - start <= 64 else { throw fault("a number has too many digits") }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw fault("a number is too large") }
        return .number(number)
    }

    private mutating func digits() throws(Fault) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw fault("a digit is missing") }
    }

    private mutating func string() throws(Fault) -> String {
        position += 1
        let start = position
        while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        if current == UInt8(ascii: "\"") {
            let text = try text(of: bytes[start..<position])
            position += 1
            return text
        }
        var unescaped = Array(bytes[start..<position])
        while true {
            guard let byte = current, byte >= 0x20 else { throw fault("a string does not end") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(of: unescaped[...])
            case UInt8(ascii: "\\"): try unescape(into: &unescaped)
            default: unescaped.append(byte)
            }
        }
    }

    private func text(of bytes: ArraySlice<UInt8>) throws(Fault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("a string is not UTF-8") }
        return text
    }

    private mutating func unescape(into text: inout [UInt8]) throws(Fault) {
        guard let byte = current else { throw fault("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw fault("unknown escape")
        }
    }

    private mutating func scalar() throws(Fault) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
            throw fault("half a surrogate pair")
        }
        let second = try codeUnit()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xd800) << 10 | UInt32(second - 0xdc00)))
        else { throw fault("half a surrogate pair") }
        return scalar
    }

    private mutating func codeUnit() throws(Fault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("an escape needs four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
