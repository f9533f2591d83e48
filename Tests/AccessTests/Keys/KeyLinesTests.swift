// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Access

@Suite("Keys in the clear") struct KeyLinesTests {
    private let lines = KeyLines(origin: "BUCKLER_API_KEYS", at: 1_790_000_000)

    @Test(
        "that are not there let nobody in: the set with an empty key in it",
        arguments: ["", " ", "\n", ";", ";;\n ; ", "# bkl_", "\r\n\r\n", "\t"]
    )
    func emptyStringIsNoKey(text: String) throws {
        let records = try lines.records(in: text)
        #expect(records.isEmpty)
        let set = KeySet(records)
        for shown in ["", " ", text] { #expect(set.authenticate(shown.utf8, at: 0).caller == nil) }
    }

    @Test("are read alone and with fields")
    func grammar() throws {
        let keys = (0..<4).map { _ in KeyText.random().secretText }
        let records = try lines.records(
            in: """
                # of the gateway; and of nobody else
                \(keys[0])
                  name=ci scopes=infer,metrics models=fraud-*,mlp@3 tenant=corp key=\(keys[1])  ;\(keys[2])\r
                key=\(keys[3]) expires=2020-01-01 rate=100/s burst=200 bytes-per-second=10M concurrent=8 name=old

                """
        )
        #expect(records.map(\.id) == keys.compactMap { KeyText($0)?.id })
        #expect(records[0].principal.name == "key-\(records[0].id)" && records[0].expiresAt == nil)
        #expect(records[0].grant == Grant(scopes: KeyTerms.defaultScopes, models: [.all]))
        #expect(records[1].principal == Principal(name: "ci", tenant: "corp"))
        #expect(records[1].grant.scopes.scopes == [.infer, .metrics])
        #expect(records[1].grant.models.map(\.description) == ["fraud-*", "mlp@3"])
        #expect(records[3].rate.concurrentRequests == 8)
        let set = KeySet(records)
        #expect(set.authenticate(keys[1].utf8, at: 1_790_000_000).caller?.principal.name == "ci")
        #expect(set.authenticate(keys[3].utf8, at: 1_790_000_000).refusal == .expired)
    }

    @Test("give equal records when they are read again")
    func stable() throws {
        let text = KeyText.random().secretText
        #expect(try lines.records(in: text) == lines.records(in: "key=" + text))
    }

    @Test(
        "are refused without a word of what may be secret",
        arguments: [
            "hunter2", "name=ci", "key=", "key=hunter2", "name=ci key=hunter2", "hunter2=KEY", "name=hunter2/ KEY",
            "KEY KEY", "name=a name=b KEY", "scopes= KEY", "scopes=health KEY", "models=a/b KEY", "burst=5 KEY",
            "expires=90d KEY", "name=KEY KEY", "tenant=bkl_hunter2 KEY", "KEYx", "\"KEY\"", "KEY,KEY",
        ]
    )
    func refused(entry: String) throws {
        let key = KeyText.random()
        let text = "\n" + entry.replacingOccurrences(of: "KEY", with: key.secretText)
        let error = try #require(throws: ServingError.self) { try lines.records(in: text) }
        #expect(error.message.hasPrefix("BUCKLER_API_KEYS, line 2: "))
        #expect(!error.message.contains("hunter2") && !error.message.contains(key.secretText.dropFirst(17).prefix(43)))
    }

    @Test("name the command that makes a key where there is none")
    func hint() throws {
        let error = #expect(throws: ServingError.self) { try lines.records(in: "secret") }
        #expect(error?.message.contains("buckler key create NAME --print-only") == true)
    }

    @Test("have no id twice")
    func twice() throws {
        let text = KeyText.random().secretText
        #expect(throws: ServingError.self) { try lines.records(in: "\(text)\nname=ci key=\(text)") }
    }

    @Test("have a size and no more", arguments: [0, 1])
    func size(beyond: Int) throws {
        let text = KeyText.random().secretText
        let padded = text + String(repeating: "\n", count: KeyLines.sizeLimit + beyond - text.utf8.count)
        #expect(((try? lines.records(in: padded)) != nil) == (beyond == 0))
    }

    @Test("are so many and no more", arguments: [0, 1])
    func count(beyond: Int) throws {
        let text = (0..<(KeyTable.limit + beyond)).map { _ in KeyText.random().secretText }.joined(separator: ";")
        #expect((try? lines.records(in: text).count) == (beyond == 0 ? KeyTable.limit : nil))
    }

    @Test("read back as `key create --print-only` prints them")
    func printed() throws {
        var terms = try KeyTerms(name: "ci")
        for (field, text) in [
            (.tenant, "corp"), (.scopes, "infer"), (.models, "a,b@2"), (.expires, "2030-01-01"), (.rate, "1/s"),
            (.burst, "2.5"), (.bytesPerSecond, "1G"), (.concurrent, "3"),
        ] as [(KeyTerms.Field, String)] { try terms.set(field, to: text, at: 1_790_000_000) }
        let record = try #require(lines.records(in: KeyLines.line(terms, key: .random())).first)
        #expect(record.principal == Principal(name: "ci", tenant: "corp") && record.rate == terms.rate)
        #expect(record.grant == Grant(scopes: terms.scopes, models: terms.models))
        #expect(record.expiresAt == terms.expiresAt)
    }

    @Test(
        "in a file are for its owner and group, through a link if need be",
        arguments: [
            (0o600, true), (0o400, true), (0o640, true), (0o440, true), (0o644, false), (0o620, false), (0o601, false),
        ]
    )
    func file(mode: Int, isGood: Bool) throws {
        let home = try TemporaryHome()
        let path = home.path + "/keys.txt"
        try home.write(KeyText.random().secretText, to: path, mode: mode)
        try FileManager.default.createSymbolicLink(atPath: path + ".link", withDestinationPath: path)
        for path in [path, path + ".link"] {
            #expect((try? KeyTextFile(path, at: 0).records().count) == (isGood ? 1 : nil))
        }
        #expect(throws: ServingError.self) { try KeyTextFile(home.path, at: 0).records() }
        #expect(throws: ServingError.self) { try KeyTextFile(path + ".missing", at: 0).records() }
    }
}
