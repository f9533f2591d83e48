// SPDX-License-Identifier: Apache-2.0
private import Crypto

/// The SHA-256 of a token: what the cache knows it by, so that memory holds no token that could be replayed.
package struct TokenDigest: Sendable, Hashable {
    private let words: SIMD4<UInt64>

    package init(_ token: [UInt8]) {
        self = token.withUnsafeBytes { TokenDigest($0) }
    }

    package init(_ token: String) {
        var token = token
        self = token.withUTF8 { TokenDigest(UnsafeRawBufferPointer($0)) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        words = hash.finalize().withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    /// Sixteen hexadecimal digits of it.
    package var prefix: String {
        let text = String(UInt64(bigEndian: words[0]), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
