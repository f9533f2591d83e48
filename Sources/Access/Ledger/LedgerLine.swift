// SPDX-License-Identifier: Apache-2.0
import Inference

/// The frame of a line as it was read: its number, its kind, and the chain field. What lies between is looked into
/// where it matters.
package struct LedgerLine: Sendable {
    /// Bytes that a line may have, its line break not counted.
    package static let lengthLimit = 64 << 10
    /// No server writes as many lines; a forged number beyond it cannot overflow a sum.
    static let numberLimit: UInt64 = 1 << 62
    /// Bytes of `,"chain":"` and what follows.
    static let tailCount = 10 + LedgerChain.shownBytes * 2 + 2

    private let bytes: ArraySlice<UInt8>
    package let number: UInt64
    package let kind: String
    /// As printed: RFC 3339.
    package let timeText: String
    /// The part of the hash that the line shows, in hexadecimal.
    package let shownHash: String
    /// What follows the kind, and ends before the chain field.
    let cursor: LedgerCursor

    /// - Parameter bytes: without the line break.
    /// - Returns: `nil` if a writer of the ledger cannot have written it.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count > Self.tailCount, bytes.count <= Self.lengthLimit else { return nil }
        let sealed = bytes.dropLast(Self.tailCount)
        var tail = LedgerCursor(bytes.suffix(Self.tailCount))
        guard tail.skip(",\"chain\":\""), let shown = tail.hexadecimal(LedgerChain.shownBytes * 2), tail.skip("\"}"),
            tail.isAtEnd
        else { return nil }
        var cursor = LedgerCursor(sealed)
        guard cursor.skip("{\"seq\":"), let number = cursor.number(), cursor.skip(",\"time\":\""),
            let time = cursor.text(LedgerTimestamp.width), cursor.skip("\",\"kind\":\""), let kind = cursor.word(),
            cursor.skip("\""), number > 0, number <= Self.numberLimit
        else { return nil }
        self.bytes = bytes
        self.number = number
        self.kind = kind
        self.cursor = cursor
        timeText = time
        shownHash = shown
    }

    /// Whether its first field is `"file":` with this value.
    func names(file: String) -> Bool {
        var cursor = cursor
        return cursor.skip(",\"file\":\"") && cursor.fileName() == file
    }

    /// Whether it is the line that follows one with this hash.
    /// - Returns: its own hash, or `nil` if it is another.
    func hash(after previous: LedgerHash) -> LedgerHash? {
        let hash = bytes.dropLast(Self.tailCount).withUnsafeBytes { previous.extended(by: $0) }
        return hash.hexadecimal.hasPrefix(shownHash) ? hash : nil
    }

    /// Zero if its text is not a time.
    var time: WallClockTime { WallClockTime(microsecondsISO8601: timeText) ?? WallClockTime(microseconds: 0) }

    /// The whole line, as it may be shown: our writer escapes what may not, and what it did not write is replaced.
    package var text: String {
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
            LedgerText.isDangerous(scalar.value) ? "\u{FFFD}" : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// The line's fields in their order, values as they stand in the file: strings in quotes and with their escapes.
    package var fields: [(name: String, value: String)] {
        var cursor = LedgerCursor(bytes.dropLast(Self.tailCount))
        var fields: [(name: String, value: String)] = []
        guard cursor.skip("{") else { return [] }
        while cursor.skip("\""), let name = cursor.word(), cursor.skip("\":"), let value = cursor.value() {
            fields.append((name, value))
            guard cursor.skip(",") else { break }
        }
        return fields
    }
}

/// Reads the bytes of a line from left to right. What it does not find it does not skip.
struct LedgerCursor: Sendable {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ text: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard rest.starts(with: expected) else { return false }
        rest = rest.dropFirst(expected.count)
        return true
    }

    /// Digits without a leading zero.
    mutating func number() -> UInt64? {
        let digits = rest.prefix(20).prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard let first = digits.first, digits.count == 1 || first != UInt8(ascii: "0") else { return nil }
        rest = rest.dropFirst(digits.count)
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    mutating func text(_ count: Int) -> String? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    mutating func hexadecimal(_ count: Int) -> String? {
        guard rest.count >= count, LedgerHexadecimal.bytes(rest.prefix(count)) != nil else { return nil }
        return text(count)
    }

    /// Small letters and `_`.
    mutating func word() -> String? {
        take { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") || $0 == UInt8(ascii: "_") }
    }

    /// What names a file of the ledger or a policy: nothing that had to be escaped.
    mutating func fileName() -> String? {
        take { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    /// A string with its quotes and escapes, or a bare number or word.
    mutating func value() -> String? {
        guard rest.first == UInt8(ascii: "\"") else {
            return take { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
        }
        var end = rest.startIndex + 1
        while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") {
            end += rest[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        return end < rest.endIndex ? text(end + 1 - rest.startIndex) : nil
    }

    private mutating func take(while isPart: (UInt8) -> Bool) -> String? {
        let part = rest.prefix(64).prefix(while: isPart)
        return part.isEmpty ? nil : text(part.count)
    }
}
