// SPDX-License-Identifier: Apache-2.0
private import Crypto

/// What is kept of a key: enough to recognise it, not enough to show it.
///
/// SHA-256(salt ‖ `bkl_<id>_<secret>`). A slow hash guards what people choose, since that can be guessed; of 256 random
/// bits no guess is worth making, however fast it can be checked, and the check is part of every request. The salt
/// keeps two stores from telling that they hold the same key.
package struct KeyVerifier: Sendable, Hashable {
    private let salt: SIMD2<UInt64>
    private let digest: SIMD4<UInt64>

    package init(_ key: KeyText, salt: KeySalt = .random()) {
        self.salt = salt.words
        digest = Self.digest(of: key, salt: salt.words)
    }

    /// One that no key matches.
    static func ofNoKey() -> KeyVerifier { KeyVerifier(.random()) }

    /// - Parameters:
    ///   - salt: 32 hexadecimal digits.
    ///   - digest: 64 hexadecimal digits.
    init?(salt: String, digest: String) {
        guard let salt = SIMD2<UInt64>(hexadecimal: salt), let digest = SIMD4<UInt64>(hexadecimal: digest) else {
            return nil
        }
        self.salt = salt
        self.digest = digest
    }

    var saltText: String { salt.hexadecimal }
    var digestText: String { digest.hexadecimal }

    /// Takes the same time wherever the digests differ.
    package func matches(_ key: KeyText) -> Bool {
        let difference = digest ^ Self.digest(of: key, salt: salt)
        return difference[0] | difference[1] | difference[2] | difference[3] == 0
    }

    private static func digest(of key: KeyText, salt: SIMD2<UInt64>) -> SIMD4<UInt64> {
        var hash = SHA256()
        // SAFETY: both buffers are of initialised values of plain bytes and are read within the closures only.
        withUnsafeBytes(of: salt) { hash.update(bufferPointer: $0) }
        key.withBody { hash.update(bufferPointer: $0) }
        // SAFETY: a SHA-256 has 32 bytes, as many as the vector that is loaded from them.
        return hash.finalize().withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }
}

/// 16 random bytes that make a key's digest differ from store to store.
package struct KeySalt: Sendable, Hashable {
    fileprivate let words: SIMD2<UInt64>

    package static func random() -> KeySalt {
        var generator = SystemRandomNumberGenerator()
        return KeySalt(words: SIMD2(generator.next(), generator.next()))
    }
}

extension SIMD where Scalar == UInt64 {
    /// Byte after byte as in memory, two digits each: the digest looks as other tools print it.
    fileprivate var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for word in indices {
            for byte in 0..<8 {
                let value = Int(truncatingIfNeeded: self[word].littleEndian >> (8 * UInt64(byte)) & 0xff)
                text += [digits[value >> 4], digits[value & 15]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    fileprivate init?(hexadecimal text: String) {
        let characters = Array(text.utf8)
        guard characters.count == Self.scalarCount * 16 else { return nil }
        self.init()
        for (position, character) in characters.enumerated() {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            let shift = UInt64(position % 16 / 2 * 8 + (position % 2 == 0 ? 4 : 0))
            self[position / 16] |= UInt64(digit) << shift
        }
        for word in indices { self[word] = UInt64(littleEndian: self[word]) }
    }
}
