// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("Rules of client certificates") struct CertificateRulesTests {
    private static let worker = PeerCertificate(
        commonName: "worker 7",
        alternativeNames: [
            "dns:Worker-7.example.org", "uri:spiffe://example.org/team/a", "email:ops@example.org", "ip:10.0.0.7",
            "ip:fd00::7",
        ],
        subject: ["CN=worker 7", "OU=Workers", "O=Example, Inc."],
        expiresAt: 2_000
    )

    private func caller(
        _ rules: String...,
        for certificate: PeerCertificate = worker,
        at seconds: Int64 = 1_000
    ) throws -> Caller? {
        try CertificateRules(rules, flag: "--tls-client-rule").caller(for: certificate, at: seconds)
    }

    @Test(
        "match a name of their kind, and all of it",
        arguments: [
            ("dns:worker-7.example.org", true), ("dns:WORKER-*.example.org", true), ("dns:*", true),
            ("dns:worker-7.example", false), ("dns:orker-7.example.org", false), ("dns:10.0.0.7", false),
            ("uri:spiffe://example.org/*", true), ("uri:SPIFFE://example.org/*", false), ("uri:example.org*", false),
            ("email:ops@example.org", true), ("email:ops@*.org", true), ("ip:10.0.0.*", true), ("ip:FD00::7", true),
            ("ip:worker-7.example.org", false), ("cn:worker ?", true), ("cn:worker", false),
            ("subject:CN=worker *,OU=Workers,O=Example*", true), ("subject:CN=worker 7, OU=Workers, O=*", true),
            ("subject:CN=*,O=*", false), ("subject:CN=*", false), ("subject:O=*,OU=Workers,CN=worker 7", false),
            ("subject:*=*,*=*,*=*", true), ("subject:CN=*,OU=workers,O=*", false),
        ]
    )
    func matching(pattern: String, isMatch: Bool) throws {
        let caller = try caller("\(pattern) name=w")
        #expect((caller?.principal.name == "w") == isMatch)
    }

    @Test("never take one part of a subject for two, nor what is in a value for a name")
    func forgedSubject() throws {
        for subject in [["CN=x,O=Acme"], ["CN=x\\,O=Acme"], ["CN=x", "O=Other"], []] {
            let forged = PeerCertificate(commonName: "dns:a", alternativeNames: ["dns:cn:b"], subject: subject)
            #expect(try caller("subject:CN=*,O=Acme name=w", for: forged) == nil)
            #expect(try caller("dns:a name=w", "cn:b name=w", "subject:X=* name=w", for: forged) == nil)
        }
    }

    @Test("match no certificate that has no names")
    func nameless() throws {
        let nobody = PeerCertificate(commonName: nil, alternativeNames: [])
        let rules = CertificateRule.Kind.allCases.map { "\($0.rawValue):\($0 == .subject ? "*=*" : "*") name=w" }
        #expect(try CertificateRules(rules, flag: "").caller(for: nobody, at: 0) == nil)
    }

    @Test("say what its principal may do, as keys do")
    func terms() throws {
        let caller = try #require(
            try caller(
                "cn:other name=o",
                "cn:* name=w tenant=t scopes=infer models=a-*,b@2 rate=10/s",
                "cn:* name=late"
            )
        )
        #expect(caller.principal == Principal(name: "w", tenant: "t"))
        #expect(caller.grant.scopes == ScopeSet([.infer]))
        #expect(caller.grant.reaches(model: "b", version: 2) && !caller.grant.reaches(model: "b", version: 1))
        #expect(caller.rate.requestsPerSecond == 10)
        #expect(caller.credentialID == "certificate:cn:worker 7")
        let plain = try #require(try self.caller("dns:* name=w"))
        #expect(plain.grant == Grant(scopes: KeyTerms.defaultScopes, models: [.all]))
        #expect(plain.credentialID == "certificate:dns:Worker-7.example.org")
    }

    @Test("end with the certificate, or before it", arguments: [(1_999, true), (2_000, false), (2_001, false)])
    func expiry(seconds: Int64, isCaller: Bool) throws {
        #expect((try caller("cn:* name=w", at: seconds) != nil) == isCaller)
        #expect(try caller("cn:* name=w", at: 0)?.expiresAt == 2_000)
        #expect(try caller("cn:* name=w expires=1970-01-01", "cn:* name=w", at: seconds) == nil)
    }

    @Test(
        "are refused by name if they are none",
        arguments: [
            "", "worker", "name=w", "dns:*.org", "dns: name=w", "tls:* name=w", "DNS:* name=w", "dns:* name=",
            "dns:* name=a/b", "dns:* name=anonymous", "dns:* name=w scopes=root", "dns:* name=w scope=infer",
            "dns:* name=w infer", "dns:* name=w name=v", "dns:* name=w models=", "dns:* name=w rate=fast",
            "dns:* name=w burst=2", "dns:* name=w expires=90d", "subject:Acme name=w", "subject:CN=*, name=w",
            "subject:=x name=w", "dns:*  scopes=infer",
        ]
    )
    func malformed(rule: String) throws {
        let error = #expect(throws: ServingError.self) { try caller("cn:* name=fine", rule) }
        #expect(error?.message.hasPrefix("--tls-client-rule='\(rule)': ") == true)
        #expect(error?.code == .invalidArgument)
    }

    @Test("are bounded in number", arguments: [(CertificateRules.limit, true), (CertificateRules.limit + 1, false)])
    func limit(count: Int, isTaken: Bool) {
        let rules = [String](repeating: "cn:* name=w", count: count)
        #expect(((try? CertificateRules(rules, flag: "")) != nil) == isTaken)
    }
}

@Suite("A certificate and another credential") struct CertificateAndKeyTests {
    private static let now = MonotonicTime.now()
    private let certificate = PeerCertificate(commonName: "ci", alternativeNames: [])
    private let keys: [String: String]
    private let authenticator: Authenticator

    init() throws {
        var texts: [String: String] = [:]
        var lines = ""
        for name in ["ci", "other"] {
            let key = KeyText.random().secretText
            texts[name] = key
            lines += "name=\(name) scopes=metadata key=\(key)\n"
        }
        keys = texts
        let records = try KeyLines(origin: "test", at: 0).records(in: lines)
        authenticator = Authenticator(
            keys: try LiveKeys(origins: [], fixed: records),
            certificates: try CertificateRules(["cn:ci name=ci scopes=infer"], flag: "")
        )
    }

    private func caller(_ key: String?, _ certificate: PeerCertificate?) throws(Authenticator.Refusal) -> Caller {
        var credentials = Credentials()
        if let key { credentials.takeAPIKey(key) }
        return try authenticator.caller(
            credentials,
            certificate: certificate,
            from: "127.0.0.1",
            at: 1_000,
            now: Self.now
        )
    }

    @Test("each stand for themselves, and the key's terms count if both are one principal's")
    func agreeing() throws {
        #expect(try caller(nil, certificate).grant.scopes == ScopeSet([.infer]))
        #expect(try caller(keys["ci"], certificate).grant.scopes == ScopeSet([.metadata]))
        #expect(try caller(keys["other"], nil).principal.name == "other")
    }

    @Test("are refused if they are two principals'")
    func disagreeing() {
        #expect(throws: Authenticator.Refusal.ambiguous) { try caller(keys["other"], certificate) }
    }

    @Test("of which the certificate is nobody's, are the key's")
    func unknownCertificate() throws {
        let unknown = PeerCertificate(commonName: "x", alternativeNames: [])
        #expect(try caller(keys["other"], unknown).principal.name == "other")
        #expect(throws: Authenticator.Refusal.certificate) { try caller(nil, unknown) }
        #expect(throws: Authenticator.Refusal.none) { try caller(nil, nil) }
    }

    @Test("of which the certificate has expired, are the key's")
    func expiredCertificate() throws {
        var expired = certificate
        expired.expiresAt = 1_000
        #expect(try caller(keys["other"], expired).principal.name == "other")
        #expect(throws: Authenticator.Refusal.certificate) { try caller(nil, expired) }
    }

    @Test("of which the key is wrong, are nobody's")
    func wrongKey() {
        #expect(throws: Authenticator.Refusal.key(.malformed, id: nil)) { try caller("wrong", certificate) }
    }
}
