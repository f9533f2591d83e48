// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// Whom a credential stands for, as it was when it was shown. Requests hold it for as long as they live: a credential
/// that is revoked meanwhile, or whose ``Warrant`` is withdrawn, is seen in ``isRevoked``.
package final class Caller: Sendable {
    package let principal: Principal
    /// The key's id, or what names the token or certificate; never a secret.
    package let credentialID: String?
    package let grant: Grant
    package let rate: RateRule
    /// `Int64.max`: never.
    private let expiry: Atomic<Int64>
    private let warrant: Warrant?
    private let revoked = Atomic(false)

    package init(
        principal: Principal,
        credentialID: String?,
        grant: Grant,
        rate: RateRule = .unlimited,
        expiresAt: Int64? = nil,
        warrant: Warrant? = nil
    ) {
        self.principal = principal
        self.credentialID = credentialID
        self.grant = grant
        self.rate = rate
        expiry = Atomic(expiresAt ?? .max)
        self.warrant = warrant
    }

    /// Seconds since 1970 from which the credential is worth nothing.
    package var expiresAt: Int64? {
        let seconds = expiry.load(ordering: .relaxed)
        return seconds == .max ? nil : seconds
    }

    package var isRevoked: Bool { revoked.load(ordering: .relaxed) || warrant?.isWithdrawn == true }

    /// From now on nothing that was admitted with it goes on.
    package func revoke() { revoked.store(true, ordering: .relaxed) }

    /// What goes on with it ends by then at the latest. Never gives it more time than it had.
    package func expire(at seconds: Int64) {
        _ = expiry.min(seconds, ordering: .relaxed)
    }

    package func isExpired(at seconds: Int64) -> Bool { expiry.load(ordering: .relaxed) <= seconds }
}
