// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// Whom a token stands for, by the keys of now; tokens that were good a moment ago are not checked again.
package final class TokenAuthenticator: Sendable {
    private let verifier: TokenVerifier
    private let source: KeySetSource?
    private let cache: Mutex<TokenCache>

    /// - Parameter source: of the issuer's keys; `nil` where the verifier has a secret.
    /// - Throws: `.invalidArgument` if there is nothing to check tokens with.
    package init(verifier: TokenVerifier, source: KeySetSource?, cache: TokenCache = TokenCache()) throws(ServingError)
    {
        guard verifier.hasSecret != (source != nil) else {
            throw ServingError(.invalidArgument, "tokens are checked either with a key set or with a secret")
        }
        self.verifier = verifier
        self.source = source
        self.cache = Mutex(cache)
    }

    /// - Parameters:
    ///   - token: what stood behind `Bearer`.
    ///   - seconds: since 1970, for the token's own times.
    ///   - now: for the age of the keys.
    package func caller(
        for token: String,
        at seconds: Int64,
        now: MonotonicTime
    ) throws(TokenRefusal) -> Caller {
        guard token.utf8.count <= verifier.policy.tokenBytesLimit else { throw .oversized }
        var keys = KeySetSource.Keys(document: .empty, generation: 0)
        if let source {
            guard let current = source.keys(at: now) else { throw .keysUnavailable }
            keys = current
        }
        let digest = TokenDigest(token)
        let known = cache.withLock { $0.caller(for: digest, generation: keys.generation, at: seconds) }
        if let known { return known }
        do {
            let caller = try verifier.verify(Array(token.utf8), keys: keys.document, at: seconds)
            cache.withLock { $0.store(caller, for: digest, generation: keys.generation, at: seconds) }
            return caller
        } catch {
            if error == .unknownKey { source?.keyWasUnknown() }
            throw error
        }
    }
}
