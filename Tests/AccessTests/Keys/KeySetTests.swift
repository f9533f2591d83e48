// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

extension KeyAnswer {
    var caller: Caller? {
        if case .accepted(let caller) = self { caller } else { nil }
    }

    var refusal: KeyRefusal? {
        if case .refused(let refusal, _) = self { refusal } else { nil }
    }
}

@Suite("A set of keys") struct KeySetTests {
    private func record(_ key: KeyText, expiresAt: Int64? = nil) throws -> KeyRecord {
        var record = KeyRecord(try KeyTerms(name: "ci"), key: key, at: 1000)
        record.expiresAt = expiresAt
        return record
    }

    @Test("tells whom a key stands for")
    func accepted() throws {
        let keys = try (0..<20).map { _ in KeyText.random() }.map { (key: $0, record: try record($0)) }
        let set = KeySet(keys.map(\.record))
        for (key, record) in keys {
            let caller = try #require(set.authenticate(key.secretText.utf8, at: 1000).caller)
            #expect(caller.principal == record.principal && caller.credentialID == record.id.description)
            #expect(caller.grant == record.grant)
            #expect(caller === set.authenticate(Array(key.secretText.utf8), at: 1001).caller)
        }
    }

    @Test("tells the log why not")
    func refused() throws {
        let (key, revokedKey, other) = (KeyText.random(), KeyText.random(), KeyText.random())
        var revoked = try record(revokedKey)
        revoked.revokedAt = 5000
        var impostor = try record(other)
        impostor = KeyRecord(
            id: impostor.id,
            principal: impostor.principal,
            grant: impostor.grant,
            createdAt: 0,
            verifier: KeyVerifier(.random())
        )
        let set = KeySet([try record(key, expiresAt: 2000), revoked, impostor])
        #expect(set.authenticate(key.secretText.utf8, at: 1999).caller != nil)
        for (text, refusal) in [
            ("", KeyRefusal.malformed), ("Bearer \(key.secretText)", .malformed), (" " + key.secretText, .malformed),
            (KeyText.random().secretText, .unknown), (other.secretText, .wrongSecret), (key.secretText, .expired),
            (revokedKey.secretText, .revoked),
        ] {
            #expect(set.authenticate(text.utf8, at: 2000).refusal == refusal)
        }
    }

    @Test("without keys lets nobody in", arguments: ["", "\0", "bkl_", "anonymous"])
    func empty(text: String) {
        #expect(KeySet([]).authenticate(text.utf8, at: 0).refusal == .malformed)
        #expect(KeySet([]).authenticate(KeyText.random().secretText.utf8, at: 0).refusal == .unknown)
    }

    @Test("goes on with a caller whose record is the same, and ends the others")
    func succession() throws {
        let keys = (0..<4).map { _ in KeyText.random() }
        let records = try keys.map { try record($0, expiresAt: 9000) }
        let old = KeySet(records)
        let callers = try keys.map { try #require(old.authenticate($0.secretText.utf8, at: 1000).caller) }
        // The first stays, the second is retired, the third may do less, the fourth is gone.
        var retiring = records[1]
        retiring.expiresAt = 3000
        retiring.replacedBy = keys[0].id
        var changed = records[2]
        changed.grant.scopes = ScopeSet([.metadata])
        let new = KeySet([records[0], retiring, changed], after: old)
        #expect(old.retire(for: new, at: 1000) == 2)
        #expect(callers.map(\.isRevoked) == [false, false, true, true])
        #expect(callers.map { $0.isExpired(at: 3000) } == [false, true, false, false])
        for index in 0..<2 {
            #expect(new.authenticate(keys[index].secretText.utf8, at: 1000).caller === callers[index])
        }
        let caller = try #require(new.authenticate(keys[2].secretText.utf8, at: 1000).caller)
        #expect(caller !== callers[2] && !caller.isRevoked)
        // A longer life is not given to what was admitted with a shorter one.
        var prolonged = records[0]
        prolonged.expiresAt = nil
        let third = KeySet([prolonged], after: new)
        _ = new.retire(for: third, at: 1000)
        #expect(callers[0].isRevoked && third.authenticate(keys[0].secretText.utf8, at: 9000).caller != nil)
    }

    @Test("counts the first of two keys with one id")
    func duplicates() throws {
        let key = KeyText.random()
        var revoked = try record(key)
        revoked.revokedAt = 1
        let set = KeySet([revoked, try record(key)])
        #expect(set.duplicates == [key.id] && set.count == 1)
        #expect(set.authenticate(key.secretText.utf8, at: 1000).refusal == .revoked)
    }
}
