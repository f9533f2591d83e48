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
