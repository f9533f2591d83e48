// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which tokens are believed, and what they grant.
package struct TokenPolicy: Sendable, Equatable {
    package enum ModelsByDefault: String, Sendable, CaseIterable {
        case none, all
    }

    /// One of them has to be the token's `iss`, byte for byte.
    package var issuers: [String]
    /// One of them has to be in the token's `aud`.
    package var audiences: [String]
    package var algorithms: Set<TokenAlgorithm> = Set(TokenAlgorithm.asymmetric)
    /// How far the issuer's clock may be from ours.
    package var clockSkewSeconds: Int64 = 60
    /// From `iat`, or from now where there is none, to `exp`.
    package var lifetimeLimitSeconds: Int64 = 86_400
    package var tokenBytesLimit = 8 << 10
    /// The first that a token has counts.
    package var scopeClaims = ["scope", "scp"]
    /// What a scope's name begins with; others are another service's and ignored.
    package var scopePrefix = ""
    package var modelsClaim = "buckler_models"
    /// For tokens without ``modelsClaim``.
    package var modelsByDefault = ModelsByDefault.none
    package var principalClaim = "sub"
    /// Keeps the names that an issuer gives apart from those of keys and certificates.
    package var principalPrefix = "jwt:"
    package var tenantClaim: String?
    /// Of each principal that a token names.
    package var rate = RateRule.unlimited

    package init(issuers: [String], audiences: [String]) {
        self.issuers = issuers
        self.audiences = audiences
    }

    /// Fewer bytes can be guessed; RFC 7518 section 3.2 asks for as many as the code has.
    package static let secretBytesLeast = 32

    /// - Parameter secret: for HS256, from the operator's configuration.
    /// - Throws: `.invalidArgument` for what cannot be meant.
    package func check(secret: [UInt8]?) throws(ServingError) {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(ServingError) {
            if !condition { throw ServingError(.invalidArgument, message()) }
        }
        try require(!issuers.isEmpty && !issuers.contains(""), "tokens need at least one issuer to be accepted from")
        try require(
            !audiences.isEmpty && !audiences.contains(""),
            "tokens need at least one audience: what names this server"
        )
        try require(!algorithms.isEmpty, "tokens need at least one algorithm")
        if algorithms.contains(.hs256) {
            try require(
                algorithms.count == 1,
                "HS256 cannot be accepted together with algorithms of public keys: a public key would pass for the secret"
            )
            try require(
                (secret?.count ?? 0) >= Self.secretBytesLeast,
                "HS256 needs a secret of its own of at least \(Self.secretBytesLeast) bytes"
            )
        } else {
            try require(secret == nil, "a secret for tokens is of use to HS256 only, which is not among the algorithms")
        }
        try require((0...600).contains(clockSkewSeconds), "the clock skew of tokens has to be from 0 to 600 seconds")
        try require(
            (1...31_622_400).contains(lifetimeLimitSeconds),
            "the greatest lifetime of tokens has to be from a second to a year"
        )
        try require(
            (256...65_536).contains(tokenBytesLimit),
            "the greatest size of tokens has to be from 256 to 65536 bytes"
        )
        try require(!scopeClaims.isEmpty && !scopeClaims.contains(""), "tokens need a claim to read scopes from")
        try require(!principalClaim.isEmpty && !modelsClaim.isEmpty, "claims need names")
    }
}
