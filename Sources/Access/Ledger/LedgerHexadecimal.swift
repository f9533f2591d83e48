// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal, in which the ledger shows hashes, keys and signatures. One spelling only: a digit of another
/// case would be a change that nobody sees.
enum LedgerHexadecimal {
    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        var buffer = LedgerBuffer(capacity: bytes.count * 2)
        buffer.appendHexadecimal(bytes)
        return buffer.text
    }

    static func text(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { text($0) } }

    static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: UInt8?
        for digit in text {
            guard let value = value(digit) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
