// SPDX-License-Identifier: Apache-2.0

/// Secrets that somebody put where they do not belong, in text that is about to be shown or kept: an API key in place of a
/// name, a private key in place of its file.
package enum SecretText {
    /// What stands where something is left out.
    package static let omission = "…"
    /// What an API key begins with.
    package static let keyPrefix = "bkl_"
    package static let pemPrefix = "-----BEGIN"
    private static let pemEnd = "-----END"
    /// Fewer characters behind the prefix are part of no key.
    private static let leastLength = 8

    /// `text` without them; nearly always itself.
    package static func concealed(_ text: String) -> String {
        guard isSuspect(text) else { return text }
        return withoutPEM(withoutKeys(text))
    }

    /// Whether there may be something to conceal. Looks at each byte once.
    package static func isSuspect(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isSuspect($0) }
    }

    package static func isSuspect(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "_") where index >= 3 && ends(keyPrefix, in: bytes, at: index): return true
            case UInt8(ascii: "N") where index >= 9 && ends(pemPrefix, in: bytes, at: index): return true
            default: continue
            }
        }
        return false
    }

    private static func ends(_ mark: String, in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        zip(mark.utf8.reversed(), bytes[...index].reversed()).allSatisfy { $0 == $1 }
    }

    private static func withoutKeys(_ text: String) -> String {
        var (shown, rest) = ("", text[...])
        while let start = rest.firstRange(of: keyPrefix) {
            let secret = rest[start.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            let isKey = secret.count >= leastLength
            shown += rest[..<start.upperBound] + (isKey ? Substring(omission) : secret)
            rest = rest[secret.endIndex...]
        }
        return shown + rest
    }

    /// Up to the end of its last line, or of the text if it has none.
    private static func withoutPEM(_ text: String) -> String {
        var (shown, rest) = ("", text[...])
        while let start = rest.firstRange(of: pemPrefix) {
            shown += rest[..<start.upperBound] + omission
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: pemEnd) else { return shown }
            rest = rest[end.upperBound...].drop { $0 != "-" }.drop { $0 == "-" }
        }
        return shown + rest
    }
}
