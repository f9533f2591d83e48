// SPDX-License-Identifier: Apache-2.0
import Inference

/// Reads what a token whose signature is good claims.
struct ClaimsReader: Sendable {
    /// Bytes of a principal's or a tenant's name.
    static let nameLimit = 256
    static let patternLimit = 256

    let policy: TokenPolicy

    /// - Parameter warrant: of the key that the token was verified with.
    func caller(
        _ claims: [String: JSONNode],
        token: [UInt8],
        warrant: Warrant?,
        at seconds: Int64
    ) throws(TokenRefusal) -> Caller {
        let issuer = try issuer(in: claims)
        try checkAudience(in: claims)
        let expiry = try checkTimes(in: claims, at: seconds)
        return Caller(
            principal: try principal(in: claims, issuer: issuer),
            credentialID: credentialID(in: claims, token: token),
            grant: Grant(scopes: try scopes(in: claims), models: try models(in: claims)),
            rate: policy.rate,
            expiresAt: expiry + policy.clockSkewSeconds,
            warrant: warrant
        )
    }

    private func issuer(in claims: [String: JSONNode]) throws(TokenRefusal) -> String {
        guard let issuer = claims["iss"]?.text, policy.issuers.contains(where: { $0.isSame(as: issuer) }) else {
            throw .issuer
        }
        return issuer
    }

    private func checkAudience(in claims: [String: JSONNode]) throws(TokenRefusal) {
        let named: [String]
        switch claims["aud"] {
        case .string(let audience): named = [audience]
        case .some(let list):
            guard let audiences = list.texts else { throw .audience }
            named = audiences
        case nil: throw .audience
        }
        guard named.contains(where: { name in policy.audiences.contains { $0.isSame(as: name) } }) else {
            throw .audience
        }
    }

    /// - Returns: `exp`. The token is good until the skew after it, that second not included.
    private func checkTimes(in claims: [String: JSONNode], at seconds: Int64) throws(TokenRefusal) -> Int64 {
        guard let expiry = try time("exp", in: claims, rounding: .down) else { throw .lifetime }
        let skew = policy.clockSkewSeconds
        guard seconds < expiry + skew else { throw .expired }
        let issued = try time("iat", in: claims, rounding: .up)
        let begin = try time("nbf", in: claims, rounding: .up)
        for moment in [issued, begin] {
            if let moment, moment > seconds + skew { throw .notYetValid }
        }
        guard expiry - (issued ?? seconds) <= policy.lifetimeLimitSeconds else { throw .lifetime }
        return expiry
    }

    /// Seconds since 1970, up to the end of the year 9999: no sum of two can overflow.
    private func time(
        _ claim: String,
        in claims: [String: JSONNode],
        rounding: FloatingPointRoundingRule
    ) throws(TokenRefusal) -> Int64? {
        let range: ClosedRange<Int64> = 0...253_402_300_799
        switch claims[claim] {
        case nil: return nil
        case .integer(let seconds) where range.contains(seconds): return seconds
        case .number(let seconds) where seconds >= 0 && seconds <= Double(range.upperBound):
            return Int64(seconds.rounded(rounding))
        default: throw .malformed
        }
    }

    private func principal(in claims: [String: JSONNode], issuer: String) throws(TokenRefusal) -> Principal {
        guard let name = claims[policy.principalClaim]?.text, isName(name) else { throw .principal }
        var tenant: String?
        if let claim = policy.tenantClaim, let claimed = claims[claim] {
            guard let text = claimed.text, isName(text) else { throw .principal }
            tenant = text
        }
        // A subject is unique for its issuer only, RFC 7519 section 4.1.2.
        let qualified = policy.issuers.count > 1 ? "\(issuer) \(name)" : name
        return Principal(name: policy.principalPrefix + qualified, tenant: tenant)
    }

    private func isName(_ text: String) -> Bool {
        (1...Self.nameLimit).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }

    /// What the log calls the token: its `jti` if it is short and plain, else the beginning of its digest.
    private func credentialID(in claims: [String: JSONNode], token: [UInt8]) -> String {
        if let id = claims["jti"]?.text, (1...64).contains(id.utf8.count),
            id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        {
            return "jwt:\(id)"
        }
        return "jwt:#\(TokenDigest(token).prefix)"
    }

    private func scopes(in claims: [String: JSONNode]) throws(TokenRefusal) -> ScopeSet {
        var names: [Substring] = []
        for claim in policy.scopeClaims {
            guard let claimed = claims[claim] else { continue }
            if let text = claimed.text {
                names = text.split(separator: " ")
            } else if let texts = claimed.texts {
                names = texts.map { $0[...] }
            } else {
                throw .scopes
            }
            break
        }
        let granted = names.compactMap { name -> Scope? in
            guard name.utf8.starts(with: policy.scopePrefix.utf8) else { return nil }
            let own = name.utf8.dropFirst(policy.scopePrefix.utf8.count)
            return Scope.grantable.first { $0.rawValue.utf8.elementsEqual(own) }
        }
        guard !granted.isEmpty else { throw .scopes }
        return ScopeSet(granted)
    }

    private func models(in claims: [String: JSONNode]) throws(TokenRefusal) -> [ModelPattern] {
        guard let claimed = claims[policy.modelsClaim] else { return policy.modelsByDefault == .all ? [.all] : [] }
        guard let texts = claimed.texts, texts.count <= Self.patternLimit else { throw .models }
        var patterns: [ModelPattern] = []
        for text in texts {
            guard let pattern = try? ModelPattern(text) else { throw .models }
            patterns.append(pattern)
        }
        return patterns
    }
}
