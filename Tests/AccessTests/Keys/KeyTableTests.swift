// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("A table of keys") struct KeyTableTests {
    private func terms(_ name: String, _ fields: (KeyTerms.Field, String)...) throws -> KeyTerms {
        var terms = try KeyTerms(name: name)
        for (field, text) in fields { try terms.set(field, to: text, at: 1000) }
        return terms
    }

    @Test("gives a working name once")
    func names() throws {
        var table = KeyTable()
        let first = try table.create(terms("ci", (.expires, "10s")), at: 1000)
        #expect(throws: ServingError.self) { try table.create(terms("ci"), at: 1009) }
        let second = try table.create(terms("ci"), at: 1010)
        #expect(table.records.map(\.id) == [first.record.id, second.record.id])
        #expect(try table.revoke("ci", at: 1011).map(\.id) == [second.record.id])
        #expect(throws: Never.self) { try table.create(terms("ci"), at: 1011) }
    }

    @Test("revokes by id and by name, at once and for good")
    func revoke() throws {
        var table = KeyTable()
        let new = try table.create(terms("a"), at: 1000)
        _ = try table.create(terms("b"), at: 1000)
        #expect(try table.revoke(new.record.id.description, at: 2000).map(\.principal.name) == ["a"])
        #expect(table.records.map { $0.state(at: 2000) } == [.revoked, .active])
        #expect(table.records[0].state(at: 1999) == .revoked, "whatever the clock says")
        #expect(try table.revoke("a", at: 2001).isEmpty)
        #expect(throws: ServingError.self) { try table.revoke("c", at: 2001) }
        #expect(throws: ServingError.self) { try table.rotate("a", grace: 0, at: 2001) }
    }

    @Test("rotates with and without a grace period", arguments: [Int64(0), 3600])
    func rotate(grace: Int64) throws {
        var table = KeyTable()
        let old = try table.create(terms("ci", (.models, "x"), (.expires, "100d")), at: 1000)
        let new = try table.rotate("ci", grace: grace, at: 2000)
        #expect(new.record.id != old.record.id && new.record.principal == old.record.principal)
        #expect(new.record.grant == old.record.grant)
        #expect(new.record.expiresAt == Int64(2000 + 100 * 86_400))
        #expect(table.records[0].replacedBy == new.record.id)
        #expect(table.records[0].state(at: 2000) == (grace == 0 ? .replaced : .retiring))
        #expect(table.records[0].state(at: 2000 + grace) == .replaced)
        #expect(table.records[1].state(at: 2000) == .active)
        #expect(throws: ServingError.self) { try table.rotate(old.record.id.description, grace: 0, at: 2001) }
        let third = try table.rotate("ci", grace: 0, expiresAt: .at(nil), at: 2001)
        #expect(third.record.expiresAt == nil)
        #expect(try table.revoke("ci", at: 2002).count == (grace == 0 ? 1 : 2))
    }

    @Test("a rotation prolongs nothing")
    func shortGrace() throws {
        var table = KeyTable()
        let old = try table.create(terms("ci", (.expires, "10s")), at: 1000)
        _ = try table.rotate("ci", grace: .max, at: 1001)
        #expect(table.records[0].id == old.record.id && table.records[0].expiresAt == 1010)
    }

    @Test("holds so many keys and no more", arguments: [0, 1])
    func full(beyond: Int) throws {
        let verifier = KeyVerifier(.random())
        var records = (0..<(KeyTable.limit - 1 + beyond)).map { _ in
            KeyRecord(
                id: KeyText.random().id,
                principal: Principal(name: "x"),
                grant: .everything,
                createdAt: 0,
                expiresAt: 10,
                verifier: verifier
            )
        }
        var table = try KeyTable(records)
        if beyond == 0 {
            _ = try table.create(terms("y"), at: 1000)
            #expect(table.records.count == KeyTable.limit)
        } else {
            let error = #expect(throws: ServingError.self) { try table.create(terms("y"), at: 1000) }
            #expect(error?.code == .resourceExhausted)
            // Those that ended 90 days ago make room.
            #expect(throws: ServingError.self) { try table.create(terms("y"), at: 10 + KeyTable.memory) }
            _ = try table.create(terms("y"), at: 11 + KeyTable.memory)
            #expect(table.records.count == 1)
            records.append(records[0])
            #expect(throws: ServingError.self) { try KeyTable(records) }
        }
    }

    @Test("knows no id twice")
    func twice() throws {
        var table = KeyTable()
        let record = try table.create(terms("a"), at: 0).record
        #expect(throws: ServingError.self) { try KeyTable([record, record]) }
    }
}

@Suite("The terms of a key") struct KeyTermsTests {
    @Test("are what `key create` says if nothing is asked for")
    func defaults() throws {
        let terms = try KeyTerms(name: "ci")
        #expect(terms.scopes.scopes == [.infer, .metadata] && terms.models == [.all] && terms.expiresAt == nil)
    }

    @Test(
        "have names that can stand anywhere",
        arguments: [
            ("a", true), ("team-1.ci_x@corp", true), ("0", true), (String(repeating: "a", count: 64), true),
            (String(repeating: "a", count: 65), false), ("", false), ("-a", false), (".a", false), ("a b", false),
            ("a\n", false), ("a/b", false), ("ä", false), ("a=b", false), ("anonymous", false), ("bkl_x", false),
        ]
    )
    func names(name: String, isGood: Bool) {
        #expect(((try? KeyTerms(name: name)) != nil) == isGood)
    }

    @Test(
        "refuse what cannot be meant",
        arguments: [
            (KeyTerms.Field.scopes, ""), (.scopes, "infer,"), (.scopes, "health"), (.scopes, "everything"),
            (.models, ""), (.models, "a,,b"), (.expires, "0d"), (.expires, "-1d"), (.expires, "1y"),
            (.expires, "1970-01-01"), (.expires, "2027-02-30"), (.expires, "2027-1-1"), (.expires, "3651d"),
            (.expires, "99999999999999999999d"), (.expires, "9223372036854775807w"), (.expires, ""),
            (.expires, "2999-01-01"), (.expires, "2027-01-01T12:00:00"), (.rate, "0/d"), (.rate, "1e3/s"),
            (.rate, "-1"), (.rate, "inf"), (.rate, "nan"), (.rate, "1/"), (.rate, "/s"), (.rate, "1/s/s"),
            (.bytesPerSecond, "10X"), (.bytesPerSecond, "iB"), (.bytesPerSecond, "10iB"), (.bytesPerSecond, "K"),
            (.concurrent, "1.5"), (.concurrent, ""), (.tenant, "a b"), (.burst, ""), (.burst, "1.2.3"),
        ]
    )
    func refused(field: KeyTerms.Field, text: String) throws {
        var terms = try KeyTerms(name: "ci")
        #expect(throws: ServingError.self) { try terms.set(field, to: text, at: 1_790_000_000) }
    }

    @Test("read times")
    func times() throws {
        for (text, seconds) in [
            ("90d", 90 * 86_400), ("45", 45), ("45s", 45), ("2m", 120), ("1h", 3600), ("1w", 604_800),
            ("3650d", TimeText.longest), ("1970-01-03", 2 * 86_400 - 1000), ("1970-01-01T01:00:00Z", 2600),
        ] as [(String, Int64)] {
            #expect(try TimeText.expiry(text, at: 1000) == 1000 + seconds)
        }
        #expect(try TimeText.expiry("never", at: 1000) == nil)
        #expect(try TimeText.dateOrNever("1970-01-02") == 86_400)
        #expect(throws: ServingError.self) { try TimeText.dateOrNever("90d") }
        #expect(TimeText.text(1_798_761_600) == "2027-01-01T00:00:00Z")
    }

    @Test("read rates, and hold them to what a limit can be")
    func rates() throws {
        var terms = try KeyTerms(name: "ci")
        for (field, text) in [
            (.rate, "600/m"), (.burst, "20"), (.bytesPerSecond, "10MiB"), (.concurrent, "8"),
        ] as [(KeyTerms.Field, String)] { try terms.set(field, to: text, at: 0) }
        #expect(
            terms.rate
                == RateRule(requestsPerSecond: 10, burst: 20, bytesPerSecond: 10 * 0x1p20, concurrentRequests: 8)
        )
        try terms.check()
        for (rate, isGood) in [
            (RateRule(burst: 5), false), (RateRule(requestsPerSecond: 0), false),
            (RateRule(requestsPerSecond: .nan), false), (RateRule(requestsPerSecond: RateText.requestsLimit), true),
            (RateRule(requestsPerSecond: RateText.requestsLimit.nextUp), false),
            (RateRule(requestsPerSecond: 1, burst: 1), true), (RateRule(requestsPerSecond: 1, burst: 0.5), false),
            (RateRule(bytesPerSecond: RateText.bytesLimit), true),
            (RateRule(bytesPerSecond: RateText.bytesLimit.nextUp), false), (RateRule(concurrentRequests: 0), false),
            (RateRule(concurrentRequests: RateText.concurrencyLimit), true),
            (RateRule(concurrentRequests: RateText.concurrencyLimit + 1), false),
        ] {
            #expect(((try? RateText.check(rate)) != nil) == isGood, "\(rate)")
        }
    }

    @Test("have so many patterns and no more", arguments: [0, 1])
    func patterns(beyond: Int) throws {
        var terms = try KeyTerms(name: "ci")
        let text = (0..<(KeyTerms.modelsLimit + beyond)).map { "m\($0)" }.joined(separator: ",")
        #expect(((try? terms.set(.models, to: text, at: 0)) != nil) == (beyond == 0))
    }
}
