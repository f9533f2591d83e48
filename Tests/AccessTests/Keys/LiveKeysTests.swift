// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Access

@Suite("Keys of a running server") struct LiveKeysTests {
    @Test("see a key that is made, revoked, rotated")
    func changes() throws {
        let home = try TemporaryHome()
        let keys = try LiveKeys(origins: [home.store])
        #expect(keys.refresh(at: 1000).isEmpty && keys.keys.count == 0)
        let new = try home.create("ci")
        #expect(keys.authenticate(new.text.secretText.utf8, at: 1000).refusal == .unknown)
        #expect(keys.refresh(at: 1000) == [.reloaded(keys: 1, ended: 0)])
        #expect(keys.refresh(at: 1000).isEmpty)
        let caller = try #require(keys.authenticate(new.text.secretText.utf8, at: 1000).caller)
        let next = try home.store.update { (table) throws(ServingError) in try table.rotate("ci", grace: 60, at: 1001) }
        #expect(keys.refresh(at: 1001) == [.reloaded(keys: 2, ended: 0)])
        #expect(!caller.isRevoked && caller.isExpired(at: 1061) && !caller.isExpired(at: 1060))
        #expect(keys.authenticate(next.text.secretText.utf8, at: 1001).caller != nil)
        _ = try home.store.update { (table) throws(ServingError) in try table.revoke("ci", at: 1002) }
        #expect(keys.refresh(at: 1002) == [.reloaded(keys: 2, ended: 2)])
        #expect(caller.isRevoked)
        for text in [new.text, next.text] {
            #expect(keys.authenticate(text.secretText.utf8, at: 1002).refusal == .revoked)
        }
    }

    @Test("go with their file")
    func vanished() throws {
        let home = try TemporaryHome()
        let new = try home.create("ci")
        let keys = try LiveKeys(origins: [home.store])
        let caller = try #require(keys.authenticate(new.text.secretText.utf8, at: 1000).caller)
        try FileManager.default.removeItem(atPath: home.file)
        #expect(keys.refresh(at: 1000) == [.reloaded(keys: 0, ended: 1)])
        #expect(caller.isRevoked && keys.authenticate(new.text.secretText.utf8, at: 1000).refusal == .unknown)
    }

    @Test("stay if their file is damaged or opened to others, which is told once", arguments: [true, false])
    func damaged(isContent: Bool) throws {
        let home = try TemporaryHome()
        let terms = try KeyTerms(name: "ci")
        let new = try home.store.update { (table) throws(ServingError) in try table.create(terms, at: 1000) }
        let good = try String(contentsOfFile: home.file, encoding: .utf8)
        let keys = try LiveKeys(origins: [home.store])
        try home.write(isContent ? "{" : good, to: home.file, mode: isContent ? 0o600 : 0o644)
        let events = keys.refresh(at: 1000)
        guard case .kept(let origin, let error)? = events.first, events.count == 1 else {
            Issue.record("\(events)")
            return
        }
        #expect(origin == "the store of API keys" && error.cause?.contains(home.file) == true)
        #expect(keys.refresh(at: 1000).isEmpty && keys.refresh(at: 1000).isEmpty)
        #expect(keys.authenticate(new.text.secretText.utf8, at: 1000).caller != nil)
        try home.write(good, to: home.file)
        #expect(keys.refresh(at: 1000) == [.reloaded(keys: 1, ended: 0)])
        #expect(throws: ServingError.self, "a server does not start with it") {
            try home.write("{", to: home.file)
            _ = try LiveKeys(origins: [home.store])
        }
    }

    @Test("are read again once a directory is mended, though the file did not change")
    func mended() throws {
        let home = try TemporaryHome()
        _ = try home.create("a")
        let keys = try LiveKeys(origins: [home.store])
        _ = try home.create("b")
        #expect(chmod(home.directory, 0o755) == 0)
        #expect(keys.refresh(at: 1000).count == 1)
        #expect(keys.refresh(at: 1000).isEmpty)
        #expect(chmod(home.directory, 0o700) == 0)
        #expect(keys.refresh(at: 1000) == [.reloaded(keys: 2, ended: 0)])
    }

    @Test("expire without a reload")
    func expiry() throws {
        let home = try TemporaryHome()
        var terms = try KeyTerms(name: "ci")
        try terms.set(.expires, to: "10s", at: 1000)
        let new = try home.store.update { [terms] (table) throws(ServingError) in try table.create(terms, at: 1000) }
        let keys = try LiveKeys(origins: [home.store])
        #expect(keys.authenticate(new.text.secretText.utf8, at: 1009).caller?.isExpired(at: 1010) == true)
        #expect(keys.authenticate(new.text.secretText.utf8, at: 1010).refusal == .expired)
    }

    @Test("come from a file of texts and the environment as well, and no id twice")
    func origins() throws {
        let home = try TemporaryHome()
        let stored = try home.create("ci")
        let (inFile, fixed) = (KeyText.random(), KeyText.random())
        let path = home.path + "/keys.txt"
        try home.write("name=file key=\(inFile.secretText)\n", to: path, mode: 0o640)
        let record = KeyRecord(try KeyTerms(name: "fixed"), key: fixed, at: 1000)
        let keys = try LiveKeys(origins: [home.store, KeyTextFile(path, at: 1000)], fixed: [record])
        let caller = try #require(keys.authenticate(inFile.secretText.utf8, at: 1000).caller)
        for key in [stored.text, inFile, fixed] {
            #expect(keys.authenticate(key.secretText.utf8, at: 1000).caller != nil)
        }
        let more = KeyText.random()
        try home.write("name=file key=\(inFile.secretText)\n\(more.secretText)\n", to: path)
        #expect(keys.refresh(at: 1000) == [.reloaded(keys: 4, ended: 0)])
        #expect(!caller.isRevoked && keys.authenticate(inFile.secretText.utf8, at: 1000).caller === caller)
        // The store's word counts: what it revoked stays so, though the file has it too.
        try home.write("name=file key=\(stored.text.secretText)\n", to: path)
        #expect(keys.refresh(at: 1000) == [.reloaded(keys: 2, ended: 2), .duplicate(stored.record.id)])
        #expect(caller.isRevoked)
        _ = try home.store.update { (table) throws(ServingError) in try table.revoke("ci", at: 1002) }
        _ = keys.refresh(at: 1002)
        #expect(keys.authenticate(stored.text.secretText.utf8, at: 1002).refusal == .revoked)
        #expect(throws: ServingError.self) {
            try LiveKeys(origins: [home.store, KeyTextFile(path, at: 1000)])
        }
    }
}
