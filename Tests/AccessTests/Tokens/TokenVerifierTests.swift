// SPDX-License-Identifier: Apache-2.0
import CryptoExtras
import FoundationEssentials
import Inference
import Testing

@testable import Access

@Suite("Tokens") struct TokenVerifierTests {
    let issuer: TestIssuer
    let keys: KeySetDocument

    init() throws {
        issuer = try TestIssuer()
        keys = try issuer.keySet()
    }

    func verify(
        _ token: [UInt8],
        policy: TokenPolicy = TestIssuer.policy,
        at seconds: Int64 = TestIssuer.now
    ) throws -> Caller {
        try TokenVerifier(policy: policy).verify(token, keys: keys, at: seconds)
    }

    func refusal(of token: [UInt8], policy: TokenPolicy = TestIssuer.policy, at seconds: Int64 = TestIssuer.now)
        -> TokenRefusal?
    {
        AccessTests.refusal { _ = try verify(token, policy: policy, at: seconds) }
    }

    @Test("are believed with a good signature", arguments: ["ES256", "ES384", "EdDSA", "RS256", "PS256"])
    func good(signer: String) throws {
        let caller = try verify(try issuer.token(TestIssuer.claims(), signer: signer))
        #expect(caller.principal == Principal(name: "jwt:alice"))
        #expect(caller.grant == Grant(scopes: ScopeSet([.infer]), models: [.all]))
        #expect(caller.expiresAt == TestIssuer.now + 660)
        #expect(caller.credentialID?.hasPrefix("jwt:#") == true)
    }

    @Test("of another implementation are believed", arguments: ForeignTokens.signed)
    func foreign(algorithm: String, token: String) throws {
        let foreignKeys = try KeySetDocument(Array(ForeignTokens.keySet.utf8))
        let verifier = try TokenVerifier(policy: TestIssuer.policy)
        let caller = try verifier.verify(Array(token.utf8), keys: foreignKeys, at: ForeignTokens.expiry - 10)
        #expect(caller.credentialID == "jwt:token-1")
        #expect(caller.grant.scopes == ScopeSet([.infer, .metadata]))
        #expect(try caller.grant.models == [ModelPattern("fraud-*"), ModelPattern("resnet50@3")])
    }

    @Test("coded with a secret by another implementation are believed with that secret alone")
    func secret() throws {
        var policy = TestIssuer.policy
        policy.algorithms = [.hs256]
        let token = Array(ForeignTokens.coded.utf8)
        let verifier = try TokenVerifier(policy: policy, secret: Array(ForeignTokens.secret.utf8))
        #expect(try verifier.verify(token, keys: .empty, at: ForeignTokens.expiry - 10).principal.name == "jwt:alice")
        let other = try TokenVerifier(policy: policy, secret: Array(ForeignTokens.secret.utf8.reversed()))
        #expect(
            AccessTests.refusal { _ = try other.verify(token, keys: .empty, at: ForeignTokens.expiry - 10) }
                == .signature
        )
    }

    @Test("of the examples in RFC 7515 and RFC 8037 have good signatures")
    func rfc() throws {
        let ec = try VerificationKey(jwk: [
            "kty": .string("EC"), "crv": .string("P-256"),
            "x": .string("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            "y": .string("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
        ])
        let token = try CompactToken(
            Array(
                ("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
                    + "Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
                    .utf8
            )
        )
        #expect(token.claims["iss"] == .string("joe"))
        #expect(ec.verifies(token.signature, over: token.signed, with: .es256))
        #expect(!ec.verifies(token.signature, over: token.signed.reversed(), with: .es256))
        #expect(!ec.verifies(token.signature, over: token.signed, with: .es384))
        let ed = try VerificationKey(jwk: [
            "kty": .string("OKP"), "crv": .string("Ed25519"),
            "x": .string("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
        ])
        let signature = try #require(
            Base64URL.decode(
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg".utf8
            )
        )
        #expect(
            ed.verifies(signature, over: "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8, with: .edDSA)
        )
    }

    @Test("without a signature are refused", arguments: ["none", "None", "NONE", "nOnE", "", "HS256", "ES512", "RS1"])
    func none(name: String) throws {
        let header = #"{"alg":"\#(name)","typ":"JWT","kid":"ES256"}"#
        let signed = try issuer.token(TestIssuer.claims(), header: header)
        #expect(refusal(of: signed) == .algorithm)
        let bare = String(decoding: signed, as: UTF8.self).split(separator: ".").prefix(2).joined(separator: ".")
        #expect(refusal(of: Array((bare + ".").utf8)) == .malformed)
        #expect(refusal(of: Array(bare.utf8)) == .malformed)
    }

    @Test("coded with the public key as if it were a secret are refused")
    func confusion() throws {
        let rsa = issuer.rsa.publicKey
        let parts = try rsa.getKeyPrimitives()
        let spellings: [[UInt8]] = [
            Array(rsa.pemRepresentation.utf8), Array(rsa.derRepresentation), Array(rsa.pkcs1PEMRepresentation.utf8),
            Array(parts.modulus), Array(try issuer.jwk("RS256", id: "RS256").utf8),
        ]
        for secret in spellings {
            for id in ["RS256", "HS256"] {
                let header = #"{"alg":"HS256","typ":"JWT","kid":"\#(id)"}"#
                let token = try issuer.token(TestIssuer.claims(), signer: "HS256", header: header, secret: secret)
                #expect(refusal(of: token) == .algorithm)
                #expect(
                    refusal(of: try issuer.token(TestIssuer.claims(), signer: "HS256", secret: secret)) == .algorithm
                )
            }
            // Nor does it help to call the code a signature.
            let header = #"{"alg":"RS256","typ":"JWT","kid":"RS256"}"#
            let token = try issuer.token(TestIssuer.claims(), signer: "HS256", header: header, secret: secret)
            #expect(refusal(of: token) == .signature)
        }
    }

    @Test(
        "that name an algorithm which is not their key's are refused",
        arguments: [("ES256", "RS256"), ("RS256", "ES256"), ("ES384", "ES256"), ("EdDSA", "ES256"), ("PS256", "EdDSA")]
    )
    func mismatch(algorithm: String, id: String) throws {
        let header = #"{"alg":"\#(algorithm)","kid":"\#(id)"}"#
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), signer: algorithm, header: header)) == .unknownKey)
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), signer: id, header: header)) == .unknownKey)
    }

    @Test("signed as RS256 are not good as PS256, nor the other way round")
    func padding() throws {
        let header = #"{"alg":"PS256","kid":"RS256"}"#
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), signer: "RS256", header: header)) == .signature)
        let other = #"{"alg":"RS256","kid":"RS256"}"#
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), signer: "PS256", header: other)) == .signature)
    }

    @Test("with an algorithm that is not allowed are refused")
    func allowList() throws {
        var policy = TestIssuer.policy
        policy.algorithms = [.es256]
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), signer: "EdDSA"), policy: policy) == .algorithm)
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), signer: "ES256"), policy: policy) == nil)
    }

    @Test("with any bit changed are refused")
    func tampering() throws {
        let token = try issuer.token(TestIssuer.claims())
        var generator = SplitMix64(seed: 7)
        for _ in 0..<400 {
            var changed = token
            changed[Int.random(in: 0..<token.count, using: &generator)] ^=
                1 << UInt8.random(in: 0..<7, using: &generator)
            #expect(refusal(of: changed) != nil)
        }
        for length in 0..<token.count { #expect(refusal(of: Array(token.prefix(length))) != nil) }
    }

    @Test("of another key with the same id are refused, and of no key that is known")
    func unknownKey() throws {
        let other = try TestIssuer()
        #expect(refusal(of: try other.token(TestIssuer.claims())) == .signature)
        #expect(
            refusal(of: try issuer.token(TestIssuer.claims(), header: #"{"alg":"ES256","kid":"x"}"#)) == .unknownKey
        )
        let huge = String(repeating: "k", count: 257)
        #expect(
            refusal(of: try issuer.token(TestIssuer.claims(), header: #"{"alg":"ES256","kid":"\#(huge)"}"#))
                == .malformed
        )
    }

    @Test("without a key's id need exactly one key that fits")
    func noID() throws {
        let token = try issuer.token(TestIssuer.claims(), header: #"{"alg":"ES256"}"#)
        #expect(refusal(of: token) == nil)
        let twice = try [issuer.jwk("ES256", id: "a"), issuer.jwk("ES256", id: "b")].joined(separator: ",")
        let ambiguous = try KeySetDocument(Array("{\"keys\":[\(twice)]}".utf8))
        let verifier = try TokenVerifier(policy: TestIssuer.policy)
        #expect(
            AccessTests.refusal { _ = try verifier.verify(token, keys: ambiguous, at: TestIssuer.now) } == .unknownKey
        )
    }

    @Test("up to the greatest size are read, and not a byte more")
    func size() throws {
        var policy = TestIssuer.policy
        let token = try issuer.token(TestIssuer.claims(["filler": "\"\(String(repeating: "x", count: 2000))\""]))
        policy.tokenBytesLimit = token.count
        #expect(refusal(of: token, policy: policy) == nil)
        policy.tokenBytesLimit = token.count - 1
        #expect(refusal(of: token, policy: policy) == .oversized)
        #expect(refusal(of: [UInt8](repeating: UInt8(ascii: "."), count: 8192)) == .malformed)
        #expect(refusal(of: [UInt8](repeating: UInt8(ascii: "."), count: 8193)) == .oversized)
    }

    @Test(
        "with a header that has to be understood, or is read in two ways, are refused",
        arguments: [
            (#"{"alg":"ES256","kid":"ES256","crit":["exp"]}"#, TokenRefusal.malformed),
            (#"{"alg":"ES256","kid":"ES256","crit":[]}"#, .malformed),
            (#"{"alg":"ES256","kid":"ES256","b64":false}"#, .malformed),
            (#"{"alg":"ES256","kid":"ES256","zip":"DEF"}"#, .malformed),
            (#"{"alg":"ES256","kid":"ES256","enc":"A128GCM"}"#, .malformed),
            (#"{"alg":"ES256","kid":"ES256","jwk":{"kty":"EC"}}"#, .malformed),
            (#"{"alg":"none","alg":"ES256","kid":"ES256"}"#, .malformed),
            (#"{"alg":"ES256","alg":"ES256","kid":"ES256"}"#, .malformed),
            (#"{"alg":"ES256","\u0061lg":"none","kid":"ES256"}"#, .malformed),
            (#"{"alg":["ES256"],"kid":"ES256"}"#, .malformed),
            (#"{"alg":"ES256","kid":7}"#, .malformed), (#"{"kid":"ES256"}"#, .malformed),
            (#"["ES256"]"#, .malformed), (#"{"alg":"ES256","kid":"ES256"} "x""#, .malformed),
            (#"{"alg":"ES256","kid":"ES256","typ":"dpop+jwt"}"#, .type),
            (#"{"alg":"ES256","kid":"ES256","typ":["JWT"]}"#, .type),
        ]
    )
    func header(header: String, reason: TokenRefusal) throws {
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), header: header)) == reason)
    }

    @Test(
        "with a common header are read; where it says its keys are is passed over",
        arguments: [
            #"{"alg":"ES256","kid":"ES256"}"#, #"{"alg":"ES256","kid":"ES256","typ":"at+jwt"}"#,
            #"{"alg":"ES256","kid":"ES256","typ":"Application/AT+JWT"}"#, #"{"alg":"ES256","kid":"ES256","typ":"jwt"}"#,
            #"{"alg":"ES256","kid":"ES256","jku":"http://evil.example/","x5u":"file:///etc/passwd","x5t":"AA"}"#,
        ]
    )
    func commonHeader(header: String) throws {
        #expect(refusal(of: try issuer.token(TestIssuer.claims(), header: header)) == nil)
    }
}
