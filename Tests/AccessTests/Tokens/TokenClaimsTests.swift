// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("Claims of tokens") struct TokenClaimsTests {
    let issuer: TestIssuer
    let keys: KeySetDocument
    let now = TestIssuer.now

    init() throws {
        issuer = try TestIssuer()
        keys = try issuer.keySet(["ES256"])
    }

    func caller(_ claims: String, policy: TokenPolicy = TestIssuer.policy, at seconds: Int64? = nil) throws -> Caller {
        let token = try issuer.token(claims)
        return try TokenVerifier(policy: policy).verify(token, keys: keys, at: seconds ?? now)
    }

    func refusal(of changes: [String: String?], policy: TokenPolicy = TestIssuer.policy, at seconds: Int64? = nil)
        -> TokenRefusal?
    {
        AccessTests.refusal { _ = try caller(TestIssuer.claims(changes), policy: policy, at: seconds) }
    }

    @Test("end the token at the second of exp and the skew")
    func expiry() throws {
        let changes = ["exp": "\(now + 600)"]
        #expect(refusal(of: changes, at: now + 659) == nil)
        #expect(refusal(of: changes, at: now + 660) == .expired)
        var exact = TestIssuer.policy
        exact.clockSkewSeconds = 0
        #expect(refusal(of: changes, policy: exact, at: now + 599) == nil)
        #expect(refusal(of: changes, policy: exact, at: now + 600) == .expired)
        let caller = try caller(TestIssuer.claims(), policy: exact)
        #expect(!caller.isExpired(at: now + 599))
        #expect(caller.isExpired(at: now + 600))
    }

    @Test("begin the token at nbf and iat, less the skew", arguments: ["nbf", "iat"])
    func begin(claim: String) {
        #expect(refusal(of: [claim: "\(now + 60)"]) == nil)
        #expect(refusal(of: [claim: "\(now + 61)"]) == .notYetValid)
        #expect(refusal(of: [claim: "\(now + 60).5"]) == .notYetValid)
    }

    @Test("bound its life")
    func lifetime() {
        #expect(refusal(of: ["exp": nil]) == .lifetime)
        #expect(refusal(of: ["exp": "\(now + 86_400)"]) == nil)
        #expect(refusal(of: ["exp": "\(now + 86_401)"]) == .lifetime)
        #expect(refusal(of: ["exp": "\(now + 86_400)", "iat": nil]) == nil)
        #expect(refusal(of: ["exp": "\(now + 86_401)", "iat": nil]) == .lifetime)
        #expect(refusal(of: ["exp": "\(now + 100)", "iat": "\(now - 86_301)"]) == .lifetime)
    }

    @Test(
        "are times in a range, or refused",
        arguments: [
            "\"1900000600\"", "-1", "1e300", "null", "true", "[1900000600]", "253402300800", "99999999999999999999",
        ],
        ["exp", "nbf", "iat"]
    )
    func insaneTimes(value: String, claim: String) {
        #expect(refusal(of: [claim: value]) == .malformed)
    }

    @Test("may be times with a fraction")
    func fractions() {
        #expect(refusal(of: ["exp": "\(now + 1).9"], at: now + 60) == nil)
        #expect(refusal(of: ["exp": "\(now + 1).9"], at: now + 61) == .expired)
        #expect(refusal(of: ["exp": "1.9000006e9"]) == nil)
    }

    @Test(
        "name this server as audience",
        arguments: [
            (#""buckler""#, true), (#"["buckler"]"#, true), (#"["other","buckler"]"#, true), (#""other""#, false),
            (#"["other"]"#, false), ("[]", false), (#"["buckler",7]"#, false), (#"{"buckler":true}"#, false),
            ("7", false), ("null", false), (#""buckler ""#, false), (#""BUCKLER""#, false),
            (#""buckler,other""#, false),
            (#"[["buckler"]]"#, false), (#""""#, false),
        ]
    )
    func audience(value: String, isGood: Bool) {
        #expect(refusal(of: ["aud": value]) == (isGood ? nil : .audience))
    }

    @Test("have an audience and an issuer")
    func missing() {
        #expect(refusal(of: ["aud": nil]) == .audience)
        #expect(refusal(of: ["iss": nil]) == .issuer)
        #expect(refusal(of: ["iss": #""https://issuer.example/""#]) == .issuer)
        #expect(refusal(of: ["iss": #"["https://issuer.example"]"#]) == .issuer)
    }

    @Test("are compared byte for byte, not by how they look")
    func spelling() {
        var policy = TestIssuer.policy
        policy.audiences = ["caf\u{e9}"]
        #expect(refusal(of: ["aud": "\"caf\u{e9}\""], policy: policy) == nil)
        #expect(refusal(of: ["aud": "\"cafe\u{301}\""], policy: policy) == .audience)
    }

    @Test("named twice are refused")
    func duplicates() throws {
        let claims = TestIssuer.claims().dropLast() + #","sub":"root"}"#
        #expect(AccessTests.refusal { _ = try caller(String(claims)) } == .malformed)
        let nested = TestIssuer.claims(["other": #"{"a":1,"a":2}"#])
        #expect(AccessTests.refusal { _ = try caller(nested) } == .malformed)
    }

    @Test(
        "grant scopes",
        arguments: [
            (["scope": #""infer metadata""#], "", [Scope.infer, .metadata]),
            (["scope": #""  openid infer  email ""#], "", [.infer]),
            (["scope": nil, "scp": #"["infer","shared-memory"]"#], "", [.infer, .sharedMemory]),
            (["scope": nil, "scp": #""infer""#], "", [.infer]),
            (["scope": #""infer""#, "scp": #"["admin"]"#], "", [.infer]),
            (["scope": #""buckler:infer admin buckler:metadata""#], "buckler:", [.infer, .metadata]),
        ] as [([String: String?], String, [Scope])]
    )
    func scopes(changes: [String: String?], prefix: String, expected: [Scope]) throws {
        var policy = TestIssuer.policy
        policy.scopePrefix = prefix
        #expect(try caller(TestIssuer.claims(changes), policy: policy).grant.scopes == ScopeSet(expected))
    }

    @Test(
        "that grant nothing are refused",
        arguments: ["null", "7", #""""#, #""openid""#, #""health""#, #"["infer",7]"#, #"{"infer":true}"#, #""INFER""#]
    )
    func noScopes(value: String) {
        #expect(refusal(of: ["scope": value]) == .scopes)
        #expect(refusal(of: ["scope": nil]) == .scopes)
    }

    @Test("grant models, or what the policy says")
    func models() throws {
        var policy = TestIssuer.policy
        let without = TestIssuer.claims(["buckler_models": nil])
        #expect(try caller(without, policy: policy).grant.models == [])
        policy.modelsByDefault = .all
        #expect(try caller(without, policy: policy).grant.models == [.all])
        #expect(try caller(TestIssuer.claims(["buckler_models": "[]"]), policy: policy).grant.models == [])
        for value in [#""*""#, "7", #"["a/b"]"#, #"["a",7]"#, "null", #"[""]"#] {
            #expect(refusal(of: ["buckler_models": value], policy: policy) == .models)
        }
        let many = (0..<257).map { "\"m\($0)\"" }
        #expect(refusal(of: ["buckler_models": "[\(many.dropLast().joined(separator: ","))]"]) == nil)
        #expect(refusal(of: ["buckler_models": "[\(many.joined(separator: ","))]"]) == .models)
    }

    @Test("name the principal and its tenant")
    func principal() throws {
        var policy = TestIssuer.policy
        policy.tenantClaim = "tid"
        let claims = TestIssuer.claims(["tid": #""blue""#])
        #expect(try caller(claims, policy: policy).principal == Principal(name: "jwt:alice", tenant: "blue"))
        #expect(try caller(TestIssuer.claims(), policy: policy).principal.tenant == nil)
        #expect(refusal(of: ["tid": "7"], policy: policy) == .principal)
        let longest = String(repeating: "a", count: 256)
        #expect(refusal(of: ["sub": "\"\(longest)\""]) == nil)
        for value in ["\"\(longest)a\"", #""""#, #""a\nb""#, #""a\u0000""#, "7", "null"] {
            #expect(refusal(of: ["sub": value]) == .principal)
        }
        #expect(refusal(of: ["sub": nil]) == .principal)
        policy.issuers.append("https://second.example")
        #expect(try caller(claims, policy: policy).principal.name == "jwt:https://issuer.example alice")
        policy.principalClaim = "email"
        #expect(refusal(of: [:], policy: policy) == .principal)
    }
}

@Suite("Policies of tokens") struct TokenPolicyTests {
    static let secret = [UInt8](repeating: 7, count: 32)

    @Test(
        "that cannot be meant are refused",
        arguments: [
            { $0.issuers = [] }, { $0.issuers = [""] }, { $0.audiences = [] }, { $0.algorithms = [] },
            { $0.algorithms = [.hs256] }, { $0.algorithms = [.hs256, .rs256] }, { $0.clockSkewSeconds = -1 },
            { $0.clockSkewSeconds = 601 }, { $0.lifetimeLimitSeconds = 0 }, { $0.tokenBytesLimit = 65_537 },
            { $0.scopeClaims = [] }, { $0.principalClaim = "" },
        ] as [@Sendable (inout TokenPolicy) -> Void]
    )
    func refused(change: @Sendable (inout TokenPolicy) -> Void) {
        var policy = TestIssuer.policy
        change(&policy)
        #expect(throws: ServingError.self) { try TokenVerifier(policy: policy) }
    }

    @Test("want a secret for HS256 alone, of 32 bytes at least")
    func secrets() throws {
        var policy = TestIssuer.policy
        #expect(throws: ServingError.self) { try TokenVerifier(policy: policy, secret: Self.secret) }
        policy.algorithms = [.hs256, .es256]
        #expect(throws: ServingError.self) { try TokenVerifier(policy: policy, secret: Self.secret) }
        policy.algorithms = [.hs256]
        #expect(throws: ServingError.self) { try TokenVerifier(policy: policy, secret: Array(Self.secret.dropLast())) }
        let verifier = try TokenVerifier(policy: policy, secret: Self.secret)
        #expect(throws: ServingError.self) {
            try TokenAuthenticator(verifier: verifier, source: .init(.file(path: "x")))
        }
        #expect(throws: ServingError.self) {
            try TokenAuthenticator(verifier: TokenVerifier(policy: TestIssuer.policy), source: nil)
        }
    }
}
