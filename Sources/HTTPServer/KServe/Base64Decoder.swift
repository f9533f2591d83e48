// SPDX-License-Identifier: Apache-2.0

/// Base64 of RFC 4648 section 4. Line breaks are passed over and padding may be left out, as Triton's decoder has it;
/// any other character is an error, which it is not there.
struct Base64Decoder {
    private var output: [UInt8] = []
    private var bits: UInt32 = 0
    private var characters = 0
    private var padding = 0

    /// - Parameter capacity: characters that will come.
    init(capacity: Int) { output.reserveCapacity(capacity / 4 * 3 + 3) }

    /// - Returns: `false` at a character that does not belong.
    mutating func append(_ text: some Sequence<UInt8>) -> Bool {
        for character in text {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"): continue
            default: return false
            }
            guard padding == 0 else { return false }
            bits = bits << 6 | UInt32(value)
            characters += 1
            if characters % 4 == 0 {
                output.append(UInt8(truncatingIfNeeded: bits >> 16))
                output.append(UInt8(truncatingIfNeeded: bits >> 8))
                output.append(UInt8(truncatingIfNeeded: bits))
            }
        }
        return true
    }

    /// - Returns: `nil` if the text ended where no text can.
    mutating func finish() -> [UInt8]? {
        let rest = characters % 4
        guard rest != 1, padding == 0 || (rest > 0 && padding == 4 - rest) else { return nil }
        if rest == 2 { output.append(UInt8(truncatingIfNeeded: bits >> 4)) }
        if rest == 3 {
            output.append(UInt8(truncatingIfNeeded: bits >> 10))
            output.append(UInt8(truncatingIfNeeded: bits >> 2))
        }
        return output
    }
}
