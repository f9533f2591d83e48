// SPDX-License-Identifier: Apache-2.0
import Crypto
import CryptoExtras
import FoundationEssentials

@testable import Access

/// An issuer with one key of each kind, which signs whatever it is told to.
struct TestIssuer {
    static let now: Int64 = 1_900_000_000

    let p256 = P256.Signing.PrivateKey()
    let p384 = P384.Signing.PrivateKey()
    let ed25519 = Curve25519.Signing.PrivateKey()
    let rsa: _RSA.Signing.PrivateKey

    init() throws {
        rsa = try Self.sharedRSA.get()
    }

    /// Making one takes a noticeable time.
    private static let sharedRSA = Result { try _RSA.Signing.PrivateKey(keySize: .bits2048) }

    static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    func keySet(_ names: [String] = ["ES256", "ES384", "EdDSA", "RS256"], suffix: String = "") throws -> KeySetDocument
    {
        let keys = try names.map { try jwk($0, id: $0 + suffix) }
        return try KeySetDocument(Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8))
    }

    func jwk(_ name: String, id: String?) throws -> String {
        let id = id.map { ",\"kid\":\"\($0)\"" } ?? ""
        func point(_ curve: String, _ raw: Data) -> String {
            let x = Self.base64URL(raw.prefix(raw.count / 2))
            let y = Self.base64URL(raw.suffix(raw.count / 2))
            return #"{"kty":"EC","crv":"\#(curve)","x":"\#(x)","y":"\#(y)"\#(id)}"#
        }
        switch name {
        case "ES256": return point("P-256", p256.publicKey.rawRepresentation)
        case "ES384": return point("P-384", p384.publicKey.rawRepresentation)
        case "EdDSA":
            let x = Self.base64URL(ed25519.publicKey.rawRepresentation)
            return #"{"kty":"OKP","crv":"Ed25519","x":"\#(x)"\#(id)}"#
        default:
            let parts = try rsa.publicKey.getKeyPrimitives()
            let (n, e) = (Self.base64URL(parts.modulus), Self.base64URL(parts.publicExponent))
            return #"{"kty":"RSA","n":"\#(n)","e":"\#(e)"\#(id)}"#
        }
    }

    func signature(_ name: String, over message: String, secret: [UInt8] = []) throws -> [UInt8] {
        let message = Array(message.utf8)
        switch name {
        case "ES256": return Array(try p256.signature(for: message).rawRepresentation)
        case "ES384": return Array(try p384.signature(for: message).rawRepresentation)
        case "EdDSA": return Array(try ed25519.signature(for: message))
        case "RS256", "PS256":
            let padding: _RSA.Signing.Padding = name == "PS256" ? .PSS : .insecurePKCS1v1_5
            let digest = SHA256.hash(data: message)
            return Array(try rsa.signature(for: digest, padding: padding).rawRepresentation)
        default: return Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
        }
    }

    /// - Parameter header: as JSON; by default what names the key of `signer`.
    func token(_ payload: String, signer: String = "ES256", header: String? = nil, secret: [UInt8] = []) throws
        -> [UInt8]
    {
        let header = header ?? #"{"alg":"\#(signer)","typ":"JWT","kid":"\#(signer == "PS256" ? "RS256" : signer)"}"#
        let message = Self.base64URL(header.utf8) + "." + Self.base64URL(payload.utf8)
        let signature = try signature(signer, over: message, secret: secret)
        return Array("\(message).\(Self.base64URL(signature))".utf8)
    }

    /// Good claims, with some replaced by other JSON; `nil` leaves one out.
    static func claims(_ changes: [String: String?] = [:]) -> String {
        var claims: [String: String?] = [
            "iss": #""https://issuer.example""#, "aud": #""buckler""#, "sub": #""alice""#, "scope": #""infer""#,
            "buckler_models": #"["*"]"#, "exp": "\(now + 600)", "iat": "\(now)",
        ]
        claims.merge(changes) { $1 }
        let members = claims.sorted { $0.key < $1.key }.compactMap { name, value in value.map { "\"\(name)\":\($0)" } }
        return "{" + members.joined(separator: ",") + "}"
    }

    static var policy: TokenPolicy { TokenPolicy(issuers: ["https://issuer.example"], audiences: ["buckler"]) }
}

/// The reason for which a token is refused, or `nil`.
func refusal(_ body: () throws -> Void) -> TokenRefusal? {
    do {
        try body()
        return nil
    } catch {
        return error as? TokenRefusal
    }
}
