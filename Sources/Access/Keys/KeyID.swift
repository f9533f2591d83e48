// SPDX-License-Identifier: Apache-2.0
private import Inference

/// What names an API key in lists, logs and commands: 12 characters of lower-case base32, 60 random bits. Not secret.
package struct KeyID: Sendable, Hashable, CustomStringConvertible {
    package static let length = SecretText.keyIDLength
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    /// Has bits that no digit's value has.
    private static let noDigit: UInt8 = 0xff
    private static let values = (0...255).map { character in
        alphabet.firstIndex(of: character).map { UInt8($0) } ?? noDigit
    }

    private let bits: UInt64

    private init(bits: UInt64) { self.bits = bits }

    package static func random(using generator: inout some RandomNumberGenerator) -> KeyID {
        KeyID(bits: generator.next() >> 4)
    }

    /// - Returns: `nil` for anything but its ``length`` characters.
    package init?(_ text: String) {
        guard text.utf8.count == Self.length else { return nil }
        self.init(characters: Array(text.utf8).span)
    }

    init?(characters: Span<UInt8>) {
        guard characters.count == Self.length else { return nil }
        let values = Self.values
        var (bits, all): (UInt64, UInt8) = (0, 0)
        for index in characters.indices {
            let value = values[Int(characters[index])]
            all |= value
            bits = bits << 5 | UInt64(value & 31)
        }
        guard all != Self.noDigit else { return nil }
        self.bits = bits
    }

    package var description: String { String(decoding: characters, as: UTF8.self) }

    var characters: [UInt8] {
        (0..<Self.length).map { Self.alphabet[Int(bits >> (5 * UInt64(Self.length - 1 - $0)) & 31)] }
    }
}
