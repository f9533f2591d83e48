// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Inference
import Synchronization
import Testing

@testable import Access

@Suite("Key sets") struct KeySetDocumentTests {
    static let good = #"{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    func document(_ entries: [String]) throws -> KeySetDocument {
        try KeySetDocument(Array("{\"keys\":[\(entries.joined(separator: ","))]}".utf8))
    }

    @Test("pass over what is not for signatures or not understood")
    func skipped() throws {
        let entries: [(String, VerificationKey.Unusable)] = [
            ("7", .notAnObject), (#"{"kty":"oct","k":"AAAA"}"#, .kind), (#"{"kty":"EC","crv":"secp256k1"}"#, .kind),
            (#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, .kind),
            (Self.good.dropLast() + #","use":"enc"}"#, .use), (Self.good.dropLast() + #","use":7}"#, .use),
            (Self.good.dropLast() + #","key_ops":["encrypt"]}"#, .use),
            (Self.good.dropLast() + #","alg":"ES256"}"#, .algorithm),
            (Self.good.dropLast() + #","alg":"HS256"}"#, .algorithm),
            (Self.good.dropLast() + #","alg":"RSA-OAEP"}"#, .algorithm),
            (#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#, .parameters),
            (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#, .parameters),
            (#"{"kty":"RSA","n":"AAAA"}"#, .parameters), (#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, .size),
            (#"{"kty":"OKP","crv":"Ed25519","kid":""}"#, .id), (#"{"kty":"OKP","crv":"Ed25519","kid":7}"#, .id),
        ]
        let document = try document([Self.good] + entries.map(\.0))
        #expect(document.keys.count == 1)
        #expect(
            document.skipped
                == entries.enumerated().map { KeySetDocument.Skipped(index: $0.offset + 1, reason: $0.element.1) }
        )
        #expect(document.key(id: "a", for: .edDSA) != nil)
        #expect(document.key(id: "a", for: .es256) == nil)
        #expect(document.key(id: "b", for: .edDSA) == nil)
    }

    @Test("take RSA keys from 2048 to 8192 bits with an odd exponent")
    func rsa() throws {
        func jwk(bits: Int, exponent: [UInt8] = [1, 0, 1]) -> String {
            var n = [UInt8](repeating: 0xff, count: (bits + 7) / 8)
            if bits % 8 != 0 { n[0] = 0xff >> UInt8(8 - bits % 8) }
            return #"{"kty":"RSA","n":"\#(TestIssuer.base64URL(n))","e":"\#(TestIssuer.base64URL(exponent))"}"#
        }
        for (bits, exponent, isGood) in [
            (2047, [1, 0, 1], false), (2048, [1, 0, 1], true), (8192, [1, 0, 1], true), (8193, [1, 0, 1], false),
            (2048, [3], true), (2048, [1], false), (2048, [2], false), (2048, [1, 0, 0, 0, 1], false),
        ] as [(Int, [UInt8], Bool)] {
            let document = try document([Self.good, jwk(bits: bits, exponent: exponent)])
            #expect(document.keys.count == (isGood ? 2 : 1), "\(bits) \(exponent)")
        }
    }

    @Test("whose point is not on its curve is passed over")
    func offCurve() throws {
        let zero = TestIssuer.base64URL([UInt8](repeating: 1, count: 32))
        let entry = #"{"kty":"EC","crv":"P-256","x":"\#(zero)","y":"\#(zero)"}"#
        #expect(try document([Self.good, entry]).skipped.map(\.reason) == [.parameters])
    }

    @Test(
        "that cannot be used are refused",
        arguments: [
            "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":null}"#,
            #"{"keys":[\#(good)],"keys":[]}"#, #"{"keys":[\#(good)]} x"#, #"{"keys":[\#(good.dropLast())]}"#,
            #"{"keys":[\#(good.dropLast()),"d":"AAAA"}]}"#, #"{"keys":[\#(good),{"kty":"RSA","d":"AAAA"}]}"#,
            #"{"keys":[\#(good.dropLast()),"kid":"b"}]}"#,
        ]
    )
    func refused(text: String) {
        #expect(throws: ServingError.self) { try KeySetDocument(Array(text.utf8)) }
    }

    @Test(
        "without a key that is of use are sets",
        arguments: [#"{"keys":[]}"#, #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#]
    )
    func empty(text: String) throws {
        #expect(try KeySetDocument(Array(text.utf8)).keys.isEmpty)
    }

    @Test("have a greatest number of keys and bytes")
    func bounds() throws {
        #expect(try document([String](repeating: Self.good, count: 256)).keys.count == 256)
        #expect(throws: ServingError.self) { try document([String](repeating: Self.good, count: 257)) }
        let text = "{\"keys\":[\(Self.good)]}"
        let filled = Array((text + String(repeating: " ", count: (1 << 20) - text.utf8.count)).utf8)
        #expect(try KeySetDocument(filled).keys.count == 1)
        #expect(throws: ServingError.self) { try KeySetDocument(filled + [0x20]) }
    }

    @Test(
        "are fetched over TLS, or from this machine",
        arguments: [
            ("https://issuer.example/jwks", true), ("HTTPS://issuer.example:8443/jwks?x=1", true),
            ("http://127.0.0.1:8080/jwks", true), ("http://[::1]/jwks", true), ("http://localhost/jwks", true),
            ("http://issuer.example/jwks", false), ("http://127.0.0.1@evil.example/", false),
            ("http://127.0.0.1.evil.example/", false), ("https://user:pass@issuer.example/", false),
            ("http://evil.example#127.0.0.1", false), ("http://evil.example\\@127.0.0.1/", false),
            ("file:///etc/jwks", false), ("https:/issuer.example", false), ("https://", false),
            ("https://:443/", false),
            ("https://issuer.example/a b", false), ("https://issuer.example/\r\nX: y", false), ("", false),
        ]
    )
    func addresses(url: String, isGood: Bool) {
        #expect(((try? KeySetAddress(url)) != nil) == isGood)
    }
}

@Suite("Schedules of key sets") struct KeySetScheduleTests {
    func at(_ seconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

    @Test("fetch at once, then every five minutes")
    func refresh() {
        var schedule = KeySetSchedule()
        #expect(!schedule.isUsable(at: at(0)))
        #expect(schedule.fetchBegins(at: at(10)) == true)
        #expect(schedule.fetchBegins(at: at(1000)) == false, "one is under way")
        schedule.fetchSucceeded(at: at(10), isNew: true)
        #expect(schedule.fetchBegins(at: at(309)) == false)
        #expect(schedule.fetchBegins(at: at(310)) == true)
    }

    @Test("fetch for an unknown key at once, but ever more seldom while that brings nothing")
    func unknownKey() {
        var schedule = KeySetSchedule()
        _ = schedule.fetchBegins(at: at(0))
        schedule.fetchSucceeded(at: at(0), isNew: true)
        var fetches: [UInt64] = []
        for second in 1...1000 as ClosedRange<UInt64> {
            schedule.keyWasUnknown()
            if schedule.fetchBegins(at: at(second)) {
                fetches.append(second)
                schedule.fetchSucceeded(at: at(second), isNew: false)
            }
        }
        #expect(fetches == [10, 30, 70, 150, 310, 610, 910], "in the end no more than without the tokens")
        // The fetch that nobody asked for ends it.
        #expect(schedule.fetchBegins(at: at(1210)) == true)
        schedule.fetchSucceeded(at: at(1210), isNew: false)
        #expect(schedule.fetchBegins(at: at(1510)) == true)
        schedule.fetchSucceeded(at: at(1510), isNew: false)
        schedule.keyWasUnknown()
        #expect(schedule.fetchBegins(at: at(1519)) == false)
        #expect(schedule.fetchBegins(at: at(1520)) == true)
        schedule.fetchSucceeded(at: at(1520), isNew: true)
        schedule.keyWasUnknown()
        #expect(schedule.fetchBegins(at: at(1530)) == true, "what brought a key may be asked again")
    }

    @Test("wait longer after each failure, whatever tokens ask for, and believe the last good set for an hour")
    func failures() {
        var schedule = KeySetSchedule()
        _ = schedule.fetchBegins(at: at(0))
        schedule.fetchSucceeded(at: at(0), isNew: true)
        var tries: [UInt64] = []
        for second in 300...1600 as ClosedRange<UInt64> {
            schedule.keyWasUnknown()
            if schedule.fetchBegins(at: at(second)) {
                tries.append(second)
                schedule.fetchFailed()
            }
        }
        let gaps = zip(tries.dropFirst(), tries).map { $0 - $1 }
        #expect(gaps == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        #expect(schedule.isUsable(at: at(3599)))
        #expect(!schedule.isUsable(at: at(3600)))
    }
}

@Suite("Sources of keys") struct KeySetSourceTests {
    final class Publisher: Sendable {
        let body = Mutex<[UInt8]?>(nil)
        let fetches = Mutex(0)
    }
    struct Unreachable: Error {}

    func at(_ seconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

    func bytes(of issuer: TestIssuer, id: String) throws -> [UInt8] {
        Array("{\"keys\":[\(try issuer.jwk("ES256", id: id))]}".utf8)
    }

    @Test("find a new key soon after a token names it, and lose the old one with its cached tokens")
    func rotation() async throws {
        let (old, new) = (try TestIssuer(), try TestIssuer())
        let publisher = Publisher()
        publisher.body.withLock { $0 = try? bytes(of: old, id: "old") }
        let source = KeySetSource(
            .address(try KeySetAddress("https://issuer.example/jwks")) { _ in
                publisher.fetches.withLock { $0 += 1 }
                guard let body = publisher.body.withLock({ $0 }) else { throw Unreachable() }
                return body
            }
        )
        let door = try TokenAuthenticator(verifier: TokenVerifier(policy: TestIssuer.policy), source: source)
        let claims = TestIssuer.claims()
        let oldToken = String(decoding: try old.token(claims, header: #"{"alg":"ES256","kid":"old"}"#), as: UTF8.self)
        let newToken = String(decoding: try new.token(claims, header: #"{"alg":"ES256","kid":"new"}"#), as: UTF8.self)
        func answer(_ token: String, _ second: UInt64) -> TokenRefusal? {
            refusal { _ = try door.caller(for: token, at: TestIssuer.now, now: at(second)) }
        }
        #expect(answer(oldToken, 0) == .keysUnavailable)
        await source.refresh(at: at(1))
        #expect(answer(oldToken, 1) == nil)
        publisher.body.withLock { $0 = try? bytes(of: new, id: "new") }
        #expect(answer(newToken, 5) == .unknownKey)
        await source.refresh(at: at(6))
        #expect(answer(newToken, 6) == .unknownKey, "10 seconds have not gone by")
        await source.refresh(at: at(11))
        #expect(answer(newToken, 11) == nil)
        #expect(answer(oldToken, 11) == .unknownKey)
        #expect(publisher.fetches.withLock { $0 } == 2)
        publisher.body.withLock { $0 = nil }
        await source.refresh(at: at(311))
        #expect(answer(newToken, 3610) == nil, "the last good set is kept")
        #expect(answer(newToken, 3611) == .keysUnavailable, "but not for ever, and no cached token outlives it")
    }

    @Test("let who came in by a key stay as long as it is for his kind of signature")
    func kinds() throws {
        let issuer = try TestIssuer()
        let plain = try issuer.jwk("RS256", id: "a")
        func document(_ algorithm: String?) throws -> KeySetDocument {
            let key = algorithm.map { plain.dropLast() + #","alg":"\#($0)"}"# } ?? plain[...]
            return try KeySetDocument(Array("{\"keys\":[\(key)]}".utf8))
        }
        func succession(_ names: [String?]) throws -> [KeySetDocument] {
            var documents = [try document(names[0])]
            for name in names.dropFirst() {
                var next = try document(name)
                next.succeed(documents[documents.count - 1])
                documents.append(next)
            }
            return documents
        }
        func warrant(_ document: KeySetDocument, _ algorithm: TokenAlgorithm) -> Warrant? {
            document.warrant(of: document.keys[0], for: algorithm)
        }
        let any = try succession([nil, "RS256", nil])
        let byRS = warrant(any[0], .rs256)
        #expect(byRS?.isWithdrawn == false && warrant(any[0], .ps256)?.isWithdrawn == true)
        #expect(warrant(any[2], .rs256) === byRS)
        #expect(warrant(any[2], .ps256)?.isWithdrawn == false)
        #expect(warrant(any[1], .ps256) == nil)
    }

    @Test("have one warrant for a key that is listed twice, whatever the order")
    func twice() throws {
        let issuer = try TestIssuer()
        let plain = try issuer.jwk("RS256", id: "a")
        let (rs, ps) = (plain.dropLast() + #","alg":"RS256"}"#, plain.dropLast() + #","alg":"PS256"}"#)
        let token = try issuer.token(TestIssuer.claims(), signer: "RS256", header: #"{"alg":"RS256","kid":"a"}"#)
        let verifier = try TokenVerifier(policy: TestIssuer.policy)
        for middle in [
            [plain, plain], [String(ps), String(rs)], [String(rs), String(ps)], [String(rs), plain, plain],
        ] {
            var document = try KeySetDocument(Array("{\"keys\":[\(plain)]}".utf8))
            let caller = try verifier.verify(token, keys: document, at: TestIssuer.now)
            for keys in [middle, [plain]] {
                var next = try KeySetDocument(Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8))
                next.succeed(document)
                document = next
                #expect(!caller.isRevoked)
                #expect(try !verifier.verify(token, keys: document, at: TestIssuer.now).isRevoked)
            }
            var none = try KeySetDocument(Array("{\"keys\":[]}".utf8))
            none.succeed(document)
            #expect(caller.isRevoked)
        }
    }

    @Test("put out whom a key let in when it is withdrawn, and nobody by a key that stays")
    func withdrawal() async throws {
        let (leaving, staying) = (try TestIssuer(), try TestIssuer())
        let publisher = Publisher()
        let (left, stayed) = (try leaving.jwk("ES256", id: "a"), try staying.jwk("ES384", id: "b"))
        func publish(_ keys: [String]) {
            publisher.body.withLock { $0 = Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8) }
        }
        publish([left, stayed])
        let source = KeySetSource(
            .address(try KeySetAddress("https://issuer.example/jwks")) { _ in
                guard let body = publisher.body.withLock({ $0 }) else { throw Unreachable() }
                return body
            }
        )
        let door = try TokenAuthenticator(verifier: TokenVerifier(policy: TestIssuer.policy), source: source)
        func enter(_ issuer: TestIssuer, _ name: String, _ id: String, _ second: UInt64) throws -> Caller {
            let header = #"{"alg":"\#(name)","kid":"\#(id)"}"#
            let token = try issuer.token(TestIssuer.claims(), signer: name, header: header)
            return try door.caller(for: String(decoding: token, as: UTF8.self), at: TestIssuer.now, now: at(second))
        }
        await source.refresh(at: at(1))
        let first = try enter(leaving, "ES256", "a", 1)
        let second = try enter(staying, "ES384", "b", 1)
        publish([stayed])
        await source.refresh(at: at(400))
        #expect(first.isRevoked && !second.isRevoked)
        publish([stayed, try leaving.jwk("ES256", id: "a")])
        await source.refresh(at: at(800))
        #expect(first.isRevoked, "what comes back is another warrant")
        #expect(try !enter(leaving, "ES256", "a", 800).isRevoked)
        publish([try leaving.jwk("ES384", id: "b"), left])
        await source.refresh(at: at(1200))
        #expect(second.isRevoked, "another key with the id of the old one")
        let third = try enter(leaving, "ES384", "b", 1200)
        publisher.body.withLock { $0 = nil }
        await source.refresh(at: at(4799))
        #expect(!third.isRevoked)
        await source.refresh(at: at(4800))
        #expect(third.isRevoked, "the last good set is too old")
        publish([try leaving.jwk("ES384", id: "b"), left])
        await source.refresh(at: at(5200))
        #expect(third.isRevoked)
        #expect(try !enter(leaving, "ES384", "b", 5200).isRevoked)
    }

    @Test("tell once of each change for the worse or the better")
    func events() async throws {
        let publisher = Publisher()
        let told = Shared<[String]>([])
        let source = KeySetSource(
            .address(try KeySetAddress("https://issuer.example/jwks")) { _ in
                guard let body = publisher.body.withLock({ $0 }) else { throw Unreachable() }
                return body
            }
        ) { event in
            let name =
                switch event {
                case .loaded: "loaded"
                case .failed(_, let keepsKeys): keepsKeys ? "failed, with keys" : "failed"
                case .recovered: "recovered"
                case .expired: "expired"
                }
            told.value.withLock { $0.append(name) }
        }
        func pass(_ seconds: ClosedRange<UInt64>) async -> [String] {
            for second in seconds { await source.refresh(at: at(second)) }
            return told.value.withLock { list in
                defer { list = [] }
                return list
            }
        }
        #expect(await pass(0...100) == ["failed"])
        publisher.body.withLock { $0 = try? bytes(of: TestIssuer(), id: "a") }
        #expect(await pass(101...500) == ["recovered", "loaded"])
        publisher.body.withLock { $0 = Array("{".utf8) }
        #expect(await pass(501...1000) == ["failed, with keys"])
        publisher.body.withLock { $0 = nil }
        #expect(await pass(1001...6000) == ["failed, with keys", "expired"])
        publisher.body.withLock { $0 = try? bytes(of: TestIssuer(), id: "b") }
        #expect(await pass(6001...7000) == ["recovered", "loaded"])
    }

    @Test("read a file again when it changes, and keep what was good")
    func file() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "keyset-\(UInt64.random(in: 0 ... .max))"
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "jwks.json")
        let (loads, failures) = (Shared(0), Shared(0))
        let source = KeySetSource(.file(path: path.path)) { event in
            switch event {
            case .loaded: loads.value.withLock { $0 += 1 }
            case .failed(let error, _):
                #expect(!error.message.contains("/"))
                failures.value.withLock { $0 += 1 }
            case .recovered, .expired: break
            }
        }
        await source.refresh(at: at(0))
        #expect(source.keys(at: at(0)) == nil)
        try Data(try bytes(of: TestIssuer(), id: "a")).write(to: path, options: .atomic)
        for second in 1...3 as ClosedRange<UInt64> { await source.refresh(at: at(second)) }
        #expect(loads.value.withLock { $0 } == 1)
        try Data("{".utf8).write(to: path, options: .atomic)
        for second in 4...6 as ClosedRange<UInt64> { await source.refresh(at: at(second)) }
        #expect(failures.value.withLock { $0 } == 2, "once for the missing file, once for the damaged one")
        #expect(source.keys(at: at(1_000_000))?.document.key(id: "a", for: .es256) != nil)
        try Data(try bytes(of: TestIssuer(), id: "b")).write(to: path, options: .atomic)
        await source.refresh(at: at(7))
        #expect(source.keys(at: at(7))?.document.key(id: "b", for: .es256) != nil)
        #expect(source.keys(at: at(7))?.generation == 2)
    }

    final class Shared<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }
}
