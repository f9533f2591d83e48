// SPDX-License-Identifier: Apache-2.0
private import Crypto
private import FoundationEssentials
package import Inference

/// Says whom a token stands for, by one policy and the keys of one moment. It keeps nothing and asks nobody.
package struct TokenVerifier: Sendable {
    package let policy: TokenPolicy
    private let secret: SymmetricKey?
    private let claims: ClaimsReader

    /// - Parameter secret: for HS256 only.
    /// - Throws: `.invalidArgument` for a policy that cannot be meant.
    package init(policy: TokenPolicy, secret: [UInt8]? = nil) throws(ServingError) {
        try policy.check(secret: secret)
        self.policy = policy
        self.secret = secret.map { SymmetricKey(data: $0) }
        claims = ClaimsReader(policy: policy)
    }

    /// Whether it checks tokens with a secret, and no key set is of use.
    package var hasSecret: Bool { secret != nil }

    /// - Parameters:
    ///   - token: as the client sent it.
    ///   - keys: the issuer's; not looked at where there is a secret.
    ///   - seconds: since 1970.
    package func verify(_ token: [UInt8], keys: KeySetDocument, at seconds: Int64) throws(TokenRefusal) -> Caller {
        guard token.count <= policy.tokenBytesLimit else { throw .oversized }
        let parsed = try CompactToken(token)
        guard let algorithm = TokenAlgorithm(name: parsed.algorithm), policy.algorithms.contains(algorithm) else {
            throw .algorithm
        }
        let warrant = try checkSignature(of: parsed, algorithm: algorithm, keys: keys)
        return try claims.caller(parsed.claims, token: token, warrant: warrant, at: seconds)
    }

    /// - Returns: the warrant of the key; a secret has none, since it stays as it is.
    private func checkSignature(
        of token: CompactToken,
        algorithm: TokenAlgorithm,
        keys: KeySetDocument
    ) throws(TokenRefusal) -> Warrant? {
        if let secret {
            guard algorithm == .hs256,
                HMAC<SHA256>.isValidAuthenticationCode(token.signature, authenticating: token.signed, using: secret)
            else { throw .signature }
            return nil
        }
        guard let key = keys.key(id: token.keyID, for: algorithm) else { throw .unknownKey }
        guard key.verifies(token.signature, over: token.signed, with: algorithm) else { throw .signature }
        return keys.warrant(of: key, for: algorithm)
    }
}
