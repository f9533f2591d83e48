// SPDX-License-Identifier: Apache-2.0
private import Crypto

/// What signs a ledger's checkpoints: Ed25519.
package struct LedgerKey: Sendable {
    /// Bytes of the secret from which the key is made.
    static let seedCount = 32

    let seed: [UInt8]
    package let publicKey: LedgerPublicKey

    /// - Returns: `nil` unless there are 32 bytes.
    package init?(seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { return nil }
        self.seed = seed
        publicKey = LedgerPublicKey(unchecked: Array(key.publicKey.rawRepresentation))
    }

    package static func random() -> LedgerKey {
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<seedCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
        guard let key = LedgerKey(seed: seed) else { preconditionFailure("every 32 bytes are a seed of Ed25519") }
        return key
    }

    /// 64 bytes.
    func signature(for message: [UInt8]) -> [UInt8] {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let signature = try? key.signature(for: message)
        else { preconditionFailure("a key that was made once can sign") }
        return Array(signature)
    }
}

/// What a checkpoint's signature is checked with.
package struct LedgerPublicKey: Sendable, Hashable {
    private let bytes: [UInt8]

    fileprivate init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: `nil` unless there are 64 lower-case digits.
    package init?(hexadecimal text: some Collection<UInt8>) {
        guard let bytes = LedgerHexadecimal.bytes(text),
            (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)) != nil
        else { return nil }
        self.bytes = bytes
    }

    package var hexadecimal: String { LedgerHexadecimal.text(bytes) }

    func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}
