// SPDX-License-Identifier: Apache-2.0
package import Inference

/// All that is kept of an API key. Seconds are those since 1970.
package struct KeyRecord: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        case active
        /// There is a newer secret; this one still works until it expires.
        case retiring
        case replaced, expired, revoked

        /// Whether a request may be made with it.
        package var isLive: Bool { self == .active || self == .retiring }
    }

    package let id: KeyID
    package var principal: Principal
    package var grant: Grant
    package var rate: RateRule
    package var createdAt: Int64
    /// The first second in which it no longer works.
    package var expiresAt: Int64?
    package var revokedAt: Int64?
    /// The key that took its place.
    package var replacedBy: KeyID?
    package var verifier: KeyVerifier

    package init(
        id: KeyID,
        principal: Principal,
        grant: Grant,
        rate: RateRule = .unlimited,
        createdAt: Int64,
        expiresAt: Int64? = nil,
        revokedAt: Int64? = nil,
        replacedBy: KeyID? = nil,
        verifier: KeyVerifier
    ) {
        self.id = id
        self.principal = principal
        self.grant = grant
        self.rate = rate
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
        self.verifier = verifier
    }

    /// What was asked for, given to a key.
    package init(_ terms: KeyTerms, key: KeyText, at seconds: Int64, salt: KeySalt = .random()) {
        self.init(
            id: key.id,
            principal: Principal(name: terms.name, tenant: terms.tenant),
            grant: Grant(scopes: terms.scopes, models: terms.models),
            rate: terms.rate,
            createdAt: seconds,
            expiresAt: terms.expiresAt,
            verifier: KeyVerifier(key, salt: salt)
        )
    }

    /// Revocation counts from whatever time it bears: a clock that was set back does not bring a key to life.
    package func state(at seconds: Int64) -> State {
        if revokedAt != nil { return .revoked }
        if let expiresAt, expiresAt <= seconds { return replacedBy == nil ? .expired : .replaced }
        return replacedBy == nil ? .active : .retiring
    }

    /// Since when it has not worked; `nil` while it does.
    func endedAt(_ seconds: Int64) -> Int64? {
        state(at: seconds).isLive ? nil : [revokedAt, expiresAt].compactMap { $0 }.min()
    }

    /// Whether `other` differs in nothing that a request which goes on would notice, except that it ends sooner.
    func isContinued(by other: KeyRecord) -> Bool {
        var same = other
        same.expiresAt = expiresAt
        same.replacedBy = replacedBy
        return same == self && other.expiresAt ?? .max <= expiresAt ?? .max
    }
}
