// SPDX-License-Identifier: Apache-2.0

/// Goes through the bytes of a request's head, one token after the other. Each step checks for itself that its bytes
/// are there; after a field that could not be taken there is nothing more to read.
struct HeadCursor {
    struct Field {
        var name: UnsafeRawBufferPointer
        var value: UnsafeRawBufferPointer
    }

    // SAFETY: belongs to whoever made the cursor, which does not outlive the call that it was made in. Every index that
    // is read lies below `bytes.count`.
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    /// - Parameter limit: bytes beyond it are not looked at.
    init(_ bytes: UnsafeRawBufferPointer, limit: Int) {
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(max(0, limit)))
    }

    mutating func take(_ text: StaticString) -> Bool {
        let isThere = text.withUTF8Buffer { text in
            guard bytes.count - offset >= text.count else { return false }
            for index in 0..<text.count where bytes[offset + index] != text[index] { return false }
            return true
        }
        if isThere { offset += text.utf8CodeUnitCount }
        return isThere
    }

    /// A path of letters, digits and `-._~/`, which mean nothing but themselves in a request target.
    mutating func takePath() -> UnsafeBufferPointer<UInt8>? {
        guard let path = takeAll(where: { $0.isPlainInPath }), path.first == UInt8(ascii: "/") else { return nil }
        return path.bindMemory(to: UInt8.self)
    }

    /// `name: value` and CR LF, with one space or none after the colon and none at the end.
    mutating func takeField() -> Field? {
        guard let name = takeAll(where: { $0.isPlainInName }), take(":") else { return nil }
        _ = take(" ")
        guard let value = takeAll(where: { $0.isPlainInValue }), take("\r\n"), value.first != UInt8(ascii: " "),
            value.last != UInt8(ascii: " ")
        else { return nil }
        return Field(name: name, value: value)
    }

    /// The longest run of such bytes; `nil` if there is none.
    private mutating func takeAll(where isTaken: (UInt8) -> Bool) -> UnsafeRawBufferPointer? {
        var end = offset
        while end < bytes.count, isTaken(bytes[end]) { end += 1 }
        guard end > offset else { return nil }
        defer { offset = end }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    }
}

extension UInt8 {
    private var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
    private var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }

    fileprivate var isPlainInName: Bool { isLetter || self == UInt8(ascii: "-") }

    fileprivate var isPlainInPath: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"): true
        default: isLetter || isDigit
        }
    }

    /// ASCII that can be seen, and the space.
    fileprivate var isPlainInValue: Bool { self >= 0x20 && self < 0x7f }
}
