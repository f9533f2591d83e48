// SPDX-License-Identifier: Apache-2.0
private import Crypto
private import CryptoExtras
private import FoundationEssentials

/// A public key that tokens are checked with. Its own type, never the token, decides which algorithms it serves.
package struct VerificationKey: Sendable {
    fileprivate enum Material: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)

        var bytes: Data {
            switch self {
            case .p256(let key): key.derRepresentation
            case .p384(let key): key.derRepresentation
            case .ed25519(let key): key.rawRepresentation
            case .rsa(let key): key.derRepresentation
            }
        }
    }

    /// Bits of an RSA modulus: fewer are broken, more would let a key set make every check slow.
    package static let rsaBits = 2048...8192

    package let id: String?
    /// The only one that its owner uses it for, if its owner says so.
    private let algorithm: TokenAlgorithm?
    private let material: Material
    /// No two different keys have the same, of whatever kinds they are.
    package let identity: [UInt8]

    package func serves(_ wanted: TokenAlgorithm) -> Bool {
        if let algorithm, algorithm != wanted { return false }
        return switch (material, wanted) {
        case (.p256, .es256), (.p384, .es384), (.ed25519, .edDSA), (.rsa, .rs256), (.rsa, .ps256): true
        default: false
        }
    }

    /// Whether `signature` is one over `message`; false for an algorithm that the key does not serve.
    package func verifies(_ signature: [UInt8], over message: some Collection<UInt8>, with algorithm: TokenAlgorithm)
        -> Bool
    {
        guard serves(algorithm) else { return false }
        let message = Array(message)
        switch material {
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: message)
        case .p384(let key):
            guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: message)
        case .ed25519(let key):
            return key.isValidSignature(signature, for: message)
        case .rsa(let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature),
                for: SHA256.hash(data: message),
                padding: algorithm == .ps256 ? .PSS : .insecurePKCS1v1_5
            )
        }
    }
}

extension VerificationKey {
    /// Why a member of a key set is passed over, as RFC 7517 section 5 asks of keys that one does not understand.
    package enum Unusable: String, Error, Sendable {
        case notAnObject = "not an object"
        case kind = "of a kind that is not known here"
        case use = "not for signatures"
        case algorithm = "for an algorithm that is not known here, or that does not fit its kind"
        case parameters = "its parameters are missing or malformed"
        case size = "an RSA key of fewer than 2048 or more than 8192 bits"
        case id = "its id is not a text of 1 to 256 bytes"
    }

    /// - Parameter members: of a JSON Web Key, RFC 7517.
    package init(jwk members: [String: JSONNode]) throws(Unusable) {
        id = try Self.id(of: members)
        try Self.checkUse(of: members)
        let material = try Self.material(of: members)
        self.material = material
        identity = Array(material.bytes)
        algorithm = try Self.algorithm(of: members)
        guard TokenAlgorithm.asymmetric.contains(where: serves) else { throw .algorithm }
    }

    private static func algorithm(of members: [String: JSONNode]) throws(Unusable) -> TokenAlgorithm? {
        guard let named = members["alg"] else { return nil }
        guard let name = named.text, let known = TokenAlgorithm(name: name) else { throw .algorithm }
        return known
    }

    private static func id(of members: [String: JSONNode]) throws(Unusable) -> String? {
        guard let member = members["kid"] else { return nil }
        guard let id = member.text, (1...256).contains(id.utf8.count) else { throw .id }
        return id
    }

    private static func checkUse(of members: [String: JSONNode]) throws(Unusable) {
        if let use = members["use"], use.text != "sig" { throw .use }
        if let operations = members["key_ops"], operations.texts?.contains("verify") != true { throw .use }
    }

    private static func material(of members: [String: JSONNode]) throws(Unusable) -> Material {
        switch (members["kty"]?.text, members["crv"]?.text) {
        case ("EC", "P-256"):
            let point = try bytes("x", of: members, count: 32) + bytes("y", of: members, count: 32)
            guard let key = try? P256.Signing.PublicKey(rawRepresentation: point) else { throw .parameters }
            return .p256(key)
        case ("EC", "P-384"):
            let point = try bytes("x", of: members, count: 48) + bytes("y", of: members, count: 48)
            guard let key = try? P384.Signing.PublicKey(rawRepresentation: point) else { throw .parameters }
            return .p384(key)
        case ("OKP", "Ed25519"):
            let point = try bytes("x", of: members, count: 32)
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point) else { throw .parameters }
            return .ed25519(key)
        case ("RSA", _):
            return .rsa(try rsa(members))
        default:
            throw .kind
        }
    }

    private static func bytes(_ name: String, of members: [String: JSONNode], count: Int) throws(Unusable) -> [UInt8] {
        guard let text = members[name]?.text, let bytes = Base64URL.decode(text.utf8), bytes.count == count else {
            throw .parameters
        }
        return bytes
    }

    private static func rsa(_ members: [String: JSONNode]) throws(Unusable) -> _RSA.Signing.PublicKey {
        guard let modulus = members["n"]?.text, let exponent = members["e"]?.text,
            let n = Base64URL.decode(modulus.utf8), let e = Base64URL.decode(exponent.utf8),
            let low = e.last, low & 1 == 1, (1...4).contains(e.count), e != [1]
        else { throw .parameters }
        let digits = n.drop { $0 == 0 }
        guard let first = digits.first else { throw .parameters }
        let bits = digits.count * 8 - first.leadingZeroBitCount
        guard rsaBits.contains(bits) else { throw .size }
        guard let key = try? _RSA.Signing.PublicKey(n: Array(digits), e: e) else { throw .parameters }
        return key
    }
}
