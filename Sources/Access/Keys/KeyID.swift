// SPDX-License-Identifier: Apache-2.0

/// What names an API key in lists, logs and commands: 12 characters of lower-case base32, 60 random bits. Not secret.
package struct KeyID: Sendable, Hashable, CustomStringConvertible {
    package static let length = 12
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

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
        var bits: UInt64 = 0
        for index in characters.indices {
            let character = characters[index]
            switch character {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): bits = bits << 5 | UInt64(character - UInt8(ascii: "a"))
            case UInt8(ascii: "2")...UInt8(ascii: "7"): bits = bits << 5 | UInt64(character - UInt8(ascii: "2") + 26)
            default: return nil
            }
        }
        self.bits = bits
    }

    package var description: String { String(decoding: characters, as: UTF8.self) }

    var characters: [UInt8] {
        (0..<Self.length).map { Self.alphabet[Int(bits >> (5 * UInt64(Self.length - 1 - $0)) & 31)] }
    }
}
