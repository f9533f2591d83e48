// SPDX-License-Identifier: Apache-2.0
private import Inference

/// Strings of a ledger line. Whatever a client chose to be called, its line stays one line, its string one string, and
/// a terminal that shows it does nothing but show it.
enum LedgerText {
    /// Bytes of a string that are kept; what follows is counted behind an ellipsis.
    static let lengthLimit = 256

    /// Bytes that a string can come to once it is printed: six for each byte, the mark of the cut, two quotes.
    static let printedLimit = lengthLimit * 6 + 32

    /// The same for what a client chose: a key that it put in the wrong place is not kept.
    static func printForeign(_ text: String, into buffer: inout LedgerBuffer) {
        guard SecretText.isSuspect(text) else { return print(text, into: &buffer) }
        print(SecretText.concealed(text), into: &buffer)
    }

    /// `text` as a JSON string, quotes included.
    static func print(_ text: String, into buffer: inout LedgerBuffer) {
        buffer.append(UInt8(ascii: "\""))
        let isPrinted: Void? = text.utf8.withContiguousStorageIfAvailable { printBytes($0, into: &buffer) }
        if isPrinted == nil {
            let bytes = Array(text.utf8.prefix(lengthLimit + 1))
            bytes.withUnsafeBufferPointer { printBytes($0, into: &buffer) }
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// Without quotes.
    static func printBytes(_ bytes: UnsafeBufferPointer<UInt8>, into buffer: inout LedgerBuffer) {
        let limit = min(bytes.count, lengthLimit)
        let plain = buffer.appendPlain(bytes, limit: limit)
        let end = plain == limit ? limit : printEscaped(bytes, from: plain, limit: limit, into: &buffer)
        if end < bytes.count {
            buffer.append("…+")
            buffer.append(UInt64(bytes.count - end))
        }
    }

    /// - Returns: where it stopped; before `limit` if a character reaches beyond it.
    @inline(never)
    private static func printEscaped(
        _ bytes: UnsafeBufferPointer<UInt8>,
        from start: Int,
        limit: Int,
        into buffer: inout LedgerBuffer
    ) -> Int {
        var at = start
        while at < limit {
            let byte = bytes[at]
            if byte < 0x80 {
                printASCII(byte, into: &buffer)
                at += 1
                continue
            }
            guard let (scalar, width) = scalar(in: bytes, at: at) else {
                buffer.append("\\ufffd")
                at += 1
                continue
            }
            guard at + width <= limit else { return at }
            if isDangerous(scalar) {
                printEscape(scalar, into: &buffer)
            } else {
                buffer.append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[at..<at + width])))
            }
            at += width
        }
        return at
    }

    private static func printASCII(_ byte: UInt8, into buffer: inout LedgerBuffer) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            buffer.append(UInt8(ascii: "\\"))
            buffer.append(byte)
        case 0..<0x20, 0x7f: printEscape(UInt32(byte), into: &buffer)
        default: buffer.append(byte)
        }
    }

    /// Strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
    private static func scalar(in bytes: UnsafeBufferPointer<UInt8>, at: Int) -> (UInt32, Int)? {
        let first = bytes[at]
        let width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
        guard first >= 0xc2, first <= 0xf4, at + width <= bytes.count else { return nil }
        var value = UInt32(first) & (width == 2 ? 0x1f : width == 3 ? 0x0f : 0x07)
        for byte in bytes[(at + 1)..<(at + width)] {
            guard byte & 0xc0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3f)
        }
        let least: UInt32 = width == 2 ? 0x80 : width == 3 ? 0x800 : 0x10000
        guard value >= least, Unicode.Scalar(value) != nil else { return nil }
        return (value, width)
    }

    /// Controls, line and paragraph separators, and what changes the order or the look of the text around it unseen.
    static func isDangerous(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0..<0x20, 0x7f...0x9f, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff,
            0xfff9...0xfffb, 0xe0000...0xe007f:
            true
        default: false
        }
    }

    private static func printEscape(_ scalar: UInt32, into buffer: inout LedgerBuffer) {
        guard scalar <= 0xffff else {
            printUnit(0xd7c0 + scalar >> 10, into: &buffer)
            printUnit(0xdc00 | scalar & 0x3ff, into: &buffer)
            return
        }
        printUnit(scalar, into: &buffer)
    }

    private static func printUnit(_ unit: UInt32, into buffer: inout LedgerBuffer) {
        buffer.append("\\u")
        withUnsafeBytes(of: UInt16(truncatingIfNeeded: unit).bigEndian) { buffer.appendHexadecimal($0) }
    }
}
