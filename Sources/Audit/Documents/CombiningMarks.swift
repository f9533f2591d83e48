// SPDX-License-Identifier: Apache-2.0

/// Marks that stand on the character before them. Swift compares and hashes texts in a normal form, for which it puts
/// the marks of each character in order, in time that grows with the square of their number.
enum CombiningMarks {
    /// More than any writing needs. Source: Unicode Standard Annex #15, Stream-Safe Text Format.
    static let limit = 30

    /// Whether a character of `text` has more than ``limit``, written as they are or as `\u0301`.
    static func areTooMany(in text: String) -> Bool {
        var run = 0
        var escape = Escape.none
        for scalar in text.unicodeScalars {
            guard let meant = escape.take(scalar) else { continue }
            // No scalar before U+0300 is a mark.
            let isMark = meant.value >= 0x300 && meant.properties.canonicalCombiningClass != .notReordered
            run = isMark ? run + 1 : 0
            if run > limit { return true }
        }
        return false
    }

    /// Where in an escape a text is that YAML, JSON, TOML and Python write alike.
    private enum Escape {
        case none
        case started
        case digits(left: Int, value: UInt32)

        /// - Returns: the scalar that is meant, once it is known.
        mutating func take(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
            switch (self, scalar) {
            case (.started, "u"): self = .digits(left: 4, value: 0)
            case (.started, "U"): self = .digits(left: 8, value: 0)
            case (.digits(let left, let value), _):
                guard let digit = Character(scalar).hexDigitValue, left > 0 else {
                    self = .none
                    return scalar
                }
                let next = value << 4 | UInt32(digit)
                self = left > 1 ? .digits(left: left - 1, value: next) : .none
                return left > 1 ? nil : Unicode.Scalar(next) ?? scalar
            case (_, "\\"): self = .started
            default:
                self = .none
                return scalar
            }
            return nil
        }
    }
}
