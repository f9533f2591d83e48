// SPDX-License-Identifier: Apache-2.0

/// Secrets that somebody put where they do not belong, in text that is about to be shown or kept: an API key in place of a
/// name, a private key in place of its file. Only what is one is left out: a name that begins like a key is a name.
package enum SecretText {
    /// What stands where something is left out.
    package static let omission = "…"
    /// What an API key begins with: `bkl_<id>_<secret>`.
    package static let keyPrefix = "bkl_"
    package static let keyIDLength = 12
    package static let pemPrefix = "-----BEGIN"
    private static let privateKey = Array("PRIVATE KEY-----".utf8)
    /// Characters of a key's secret from which on it is hidden: of one that was cut shorter, more than 130 bits are missing.
    private static let leastSecret = 20
    private static let leastPrivateKey = 16
    /// How often a text may have been encoded.
    private static let encodings = 3

    /// `text` without them; nearly always itself.
    package static func concealed(_ text: String) -> String {
        guard isSuspect(text) else { return text }
        let bytes = Array(text.utf8)
        let shown = withoutPrivateKeys(withoutKeys(bytes))
        // Written as in a URL, and that again, it is as good.
        var encoded = shown
        for _ in 0..<encodings {
            guard let plain = percentDecoded(encoded) else { break }
            if withoutKeys(plain) != plain { return omission }
            encoded = plain
        }
        return shown == bytes ? text : String(decoding: shown, as: UTF8.self)
    }

    /// Whether there may be something to conceal. Looks at each byte once.
    package static func isSuspect(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.indices.contains { index in
                switch bytes[index] {
                case UInt8(ascii: "%"): true
                case UInt8(ascii: "_"):
                    index >= 3 && bytes[index - 1] == UInt8(ascii: "l") && bytes[index - 2] == UInt8(ascii: "k")
                case UInt8(ascii: "Y"):
                    index >= 10 && bytes[index - 1] == UInt8(ascii: "E") && bytes[index - 2] == UInt8(ascii: "K")
                default: false
                }
            }
        }
    }

    /// With the id, which is no secret and tells keys apart.
    private static func withoutKeys(_ bytes: [UInt8]) -> [UInt8] {
        var (shown, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes[...])
        while let start = rest.firstIndex(of: UInt8(ascii: "b")) {
            shown += rest[..<start]
            rest = rest[start...]
            let head = rest.prefix(keyPrefix.utf8.count + keyIDLength + 1)
            // Looked at only where a key begins, so that nobody has the rest looked at again and again.
            let secret: ArraySlice<UInt8> = isHead(head) ? rest.dropFirst(head.count).prefix(while: isAlphanumeric) : []
            guard secret.count >= leastSecret else {
                shown.append(UInt8(ascii: "b"))
                rest = rest.dropFirst()
                continue
            }
            shown += head + Array(omission.utf8)
            rest = rest[secret.endIndex...]
        }
        return shown + rest
    }

    private static func isHead(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: keyPrefix.utf8) && bytes.last == UInt8(ascii: "_")
            && bytes.dropFirst(keyPrefix.utf8.count).dropLast().allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
            } && bytes.count == keyPrefix.utf8.count + keyIDLength + 1
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// What follows the first line of a PEM block and could be its content.
    private static func withoutPrivateKeys(_ bytes: [UInt8]) -> [UInt8] {
        var (shown, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes[...])
        while let mark = rest.firstRange(of: privateKey) {
            let content = rest[mark.upperBound...].prefix { byte in
                isAlphanumeric(byte) || "+/=\\ \r\n\t".utf8.contains(byte)
            }
            shown += rest[..<mark.upperBound]
            if content.count >= leastPrivateKey { shown += Array(omission.utf8) } else { shown += content }
            rest = rest[content.endIndex...]
        }
        return shown + rest
    }

    /// - Returns: `nil` if nothing in it is encoded.
    private static func percentDecoded(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.contains(UInt8(ascii: "%")) else { return nil }
        var (plain, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes[...])
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            guard byte == UInt8(ascii: "%"), digits.count == 2,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else {
                plain.append(byte)
                continue
            }
            plain.append(code)
            rest = rest.dropFirst(2)
        }
        return plain
    }
}
