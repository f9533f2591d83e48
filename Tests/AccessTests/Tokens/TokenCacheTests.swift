// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("The cache of tokens") struct TokenCacheTests {
    func caller(expiresAt: Int64? = nil) -> Caller {
        Caller(principal: Principal(name: "a"), credentialID: nil, grant: .everything, expiresAt: expiresAt)
    }

    @Test("keeps a caller until its token expires, for five minutes at most, and not in an earlier time")
    func times() {
        var cache = TokenCache()
        let (short, long) = (TokenDigest("short"), TokenDigest("long"))
        cache.store(caller(expiresAt: 1100), for: short, generation: 1, at: 1000)
        cache.store(caller(expiresAt: 9000), for: long, generation: 1, at: 1000)
        #expect(cache.caller(for: short, generation: 1, at: 1099) != nil)
        #expect(cache.caller(for: short, generation: 1, at: 1100) == nil)
        #expect(cache.caller(for: long, generation: 1, at: 1299) != nil)
        #expect(cache.caller(for: long, generation: 1, at: 1300) == nil)
        #expect(cache.caller(for: long, generation: 1, at: 999) == nil)
        #expect(cache.caller(for: TokenDigest("other"), generation: 1, at: 1000) == nil)
    }

    @Test("forgets the one not used for longest, and all of them with other keys")
    func eviction() {
        var cache = TokenCache(capacity: 3)
        let digests = (0..<5).map { TokenDigest("\($0)") }
        for digest in digests[0..<3] { cache.store(caller(), for: digest, generation: 1, at: 0) }
        #expect(cache.caller(for: digests[0], generation: 1, at: 1) != nil)
        cache.store(caller(), for: digests[3], generation: 1, at: 1)
        #expect(cache.caller(for: digests[1], generation: 1, at: 1) == nil)
        #expect(cache.caller(for: digests[0], generation: 1, at: 1) != nil)
        #expect(cache.count == 3)
        #expect(cache.caller(for: digests[0], generation: 2, at: 1) == nil)
        #expect(cache.count == 0)
    }

    @Test("agrees with a plain list, whatever is asked of it")
    func model() {
        var generator = SplitMix64(seed: 42)
        var cache = TokenCache(capacity: 8)
        var plain: [(digest: TokenDigest, caller: Caller)] = []
        let digests = (0..<24).map { TokenDigest("\($0)") }
        for _ in 0..<20_000 {
            let digest = digests.randomElement(using: &generator)!
            let found = plain.firstIndex { $0.digest == digest }
            if Bool.random(using: &generator) {
                let new = caller()
                if let found { plain.remove(at: found) } else if plain.count == 8 { plain.removeFirst() }
                plain.append((digest, new))
                cache.store(new, for: digest, generation: 1, at: 5)
            } else {
                #expect(cache.caller(for: digest, generation: 1, at: 5) === found.map { plain[$0].caller })
                if let found { plain.append(plain.remove(at: found)) }
            }
            #expect(cache.count == plain.count)
        }
    }

    @Test("stays within its bounds under a flood")
    func flood() {
        var cache = TokenCache()
        let one = caller()
        for number in 0..<50_000 { cache.store(one, for: TokenDigest("\(number)"), generation: 1, at: 0) }
        #expect(cache.count == 4096)
    }

    @Test("gives back no caller that was revoked")
    func revoked() {
        var cache = TokenCache()
        let one = caller()
        cache.store(one, for: TokenDigest("x"), generation: 1, at: 0)
        one.revoke()
        #expect(cache.caller(for: TokenDigest("x"), generation: 1, at: 0) == nil)
    }

    @Test("is asked before keys are, and never for a token that was bad")
    func authenticator() throws {
        let issuer = try TestIssuer()
        var policy = TestIssuer.policy
        policy.algorithms = [.hs256]
        let secret = [UInt8](repeating: 9, count: 32)
        let door = try TokenAuthenticator(verifier: TokenVerifier(policy: policy, secret: secret), source: nil)
        let token = String(
            decoding: try issuer.token(TestIssuer.claims(), signer: "HS256", secret: secret),
            as: UTF8.self
        )
        let first = try door.caller(for: token, at: TestIssuer.now, now: .now())
        #expect(try door.caller(for: token, at: TestIssuer.now + 299, now: .now()) === first)
        #expect(try door.caller(for: token, at: TestIssuer.now + 300, now: .now()) !== first)
        for _ in 0..<2 {
            let bad = token.dropLast(2) + "AA"
            #expect(refusal { _ = try door.caller(for: String(bad), at: TestIssuer.now, now: .now()) } == .signature)
        }
        #expect(refusal { _ = try door.caller(for: token, at: TestIssuer.now + 660, now: .now()) } == .expired)
    }
}
