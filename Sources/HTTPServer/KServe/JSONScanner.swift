// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Where a string of the text stands, without its quotes; checked, not yet decoded.
struct JSONText {
    var start: Int
    var end: Int
    /// Bytes that the string has once its escapes are resolved.
    var decodedCount: Int
    var hasEscapes: Bool
}

/// Reads JSON from raw bytes, front to back, without building a tree. Offsets in errors count from the first byte.
///
/// The dialect is RFC 8259 with `NaN`, `Inf` and `Infinity` (each with an optional minus), as RapidJSON's
/// `kParseNanAndInfFlag` allows. Strings must be UTF-8.
struct JSONScanner {
    // SAFETY: every read is of `base + n` with `n < end` checked first; the memory outlives the scanner because
    // scanners are only made inside a `withUnsafeBytes` of it.
    let base: UnsafeRawPointer
    let end: Int
    let depthLimit: Int
    var position = 0

    /// - Parameter depthLimit: arrays and objects that may be open at once; never above 1,024, since values that
    ///   nobody asked for are skipped by recursion.
    init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int) {
        // An empty buffer may have no address; nothing is read through the stand-in because `end` is 0.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        end = bytes.count
        self.depthLimit = min(depthLimit, 1024)
    }

    @inline(__always)
    func byte(at offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    func fault(_ fault: JSONFault) -> ServingError { fault.error(at: position) }

    @inline(__always)
    mutating func skipSpace() {
        while position < end {
            let byte = byte(at: position)
            if byte > 0x20 { return }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// The byte that the next token starts with; `nil` at the end of the text.
    @inline(__always)
    mutating func peekToken() -> UInt8? {
        skipSpace()
        return position < end ? byte(at: position) : nil
    }

    /// Takes `expected` if it is the next token.
    @inline(__always)
    mutating func take(_ expected: UInt8) -> Bool {
        guard peekToken() == expected else { return false }
        position += 1
        return true
    }

    /// Only space may follow the root.
    mutating func finish() throws(ServingError) {
        if peekToken() != nil { throw fault(.trailing) }
    }

    /// Moves to the name of the next member and past its colon.
    /// - Parameter first: whether no member has been read since the brace was taken.
    /// - Returns: `nil` once the closing brace has been taken.
    @inline(__always)
    mutating func nextMember(first: inout Bool) throws(ServingError) -> JSONText? {
        guard var token = peekToken() else { throw fault(first ? .memberName : .memberComma) }
        if token == UInt8(ascii: "}") {
            position += 1
            return nil
        }
        if first {
            first = false
        } else {
            guard token == UInt8(ascii: ",") else { throw fault(.memberComma) }
            position += 1
            guard let next = peekToken() else { throw fault(.memberName) }
            token = next
        }
        guard token == UInt8(ascii: "\"") else { throw fault(.memberName) }
        let name = try string()
        guard take(UInt8(ascii: ":")) else { throw fault(.colon) }
        return name
    }

    /// Moves to the next element of an array.
    /// - Returns: `false` once the closing bracket has been taken.
    @inline(__always)
    mutating func nextElement(first: inout Bool) throws(ServingError) -> Bool {
        guard let token = peekToken() else { throw fault(first ? .value : .elementComma) }
        if token == UInt8(ascii: "]") {
            position += 1
            return false
        }
        if first {
            first = false
        } else {
            guard token == UInt8(ascii: ",") else { throw fault(.elementComma) }
            position += 1
        }
        return true
    }

    /// Checks and passes any value.
    mutating func skipValue(depth: Int = 0) throws(ServingError) {
        guard let token = peekToken() else { throw fault(.value) }
        switch token {
        case UInt8(ascii: "\""):
            _ = try string()
        case UInt8(ascii: "{"):
            try enter(depth)
            var first = true
            while try nextMember(first: &first) != nil { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            try enter(depth)
            var first = true
            while try nextElement(first: &first) { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            _ = try bool()
        case UInt8(ascii: "n"):
            try null()
        default:
            _ = try DecimalTables.shared.withView { tables throws(ServingError) in try double(tables) }
        }
    }

    /// Passes an array that will be read in full later: only its brackets and strings are looked at.
    mutating func skipArrayForLater() throws(ServingError) {
        var depth = 0
        repeat {
            guard position < end else { throw fault(.elementComma) }
            switch byte(at: position) {
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                _ = try string()
                continue
            default: break
            }
            position += 1
        } while depth > 0
    }

    private mutating func enter(_ depth: Int) throws(ServingError) {
        guard depth < depthLimit else { throw JSONFault.tooDeep(limit: depthLimit, at: position) }
        position += 1
    }

    /// Takes `literal` if the text goes on with it.
    @inline(__always)
    mutating func takeLiteral(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard count <= end - position, equal(position, literal) else { return false }
        position += count
        return true
    }

    @inline(__always)
    private func equal(_ offset: Int, _ literal: StaticString) -> Bool {
        let other = UnsafeRawPointer(literal.utf8Start)
        for index in 0..<literal.utf8CodeUnitCount
        where byte(at: offset + index) != other.load(fromByteOffset: index, as: UInt8.self) {
            return false
        }
        return true
    }

    mutating func bool() throws(ServingError) -> Bool {
        if takeLiteral("true") { return true }
        if takeLiteral("false") { return false }
        throw fault(.value)
    }

    mutating func null() throws(ServingError) {
        guard takeLiteral("null") else { throw fault(.value) }
    }

    /// Whether the string at `text` is `literal`.
    @inline(__always)
    func matches(_ text: JSONText, _ literal: StaticString) -> Bool {
        guard text.decodedCount == literal.utf8CodeUnitCount else { return false }
        return text.hasEscapes ? decoded(text) == literal.description : equal(text.start, literal)
    }
}
