// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Access

@Suite("The document of keys") struct KeyDocumentTests {
    private static let salt = String(repeating: "0", count: 32)
    private static let digest = String(repeating: "a", count: 64)
    private static let good = """
        {"id": "abcdefghij23", "name": "ci", "scopes": ["infer"], "models": ["*"], "created": 1000,
         "salt": "\(salt)", "digest": "\(digest)"}
        """

    private func read(_ text: String) throws(ServingError) -> KeyTable { try KeyDocument.read(Array(text.utf8)) }

    @Test("is read")
    func whole() throws {
        let table = try read("{\"version\": 1, \"keys\": [\(Self.good)]}")
        #expect(table.records.count == 1 && table.records[0].rate.isUnlimited && table.records[0].expiresAt == nil)
        #expect(try KeyDocument.read(KeyDocument.write(table)) == table)
        #expect(try read("{\"version\": 1, \"keys\": []}").records.isEmpty)
    }

    @Test(
        "is refused, never taken for empty",
        arguments: [
            "", " ", "null", "[]", "{}", "{\"keys\": []}", "{\"version\": 1}", "{\"version\": 2, \"keys\": []}",
            "{\"version\": 0, \"keys\": []}", "{\"version\": \"1\", \"keys\": []}", "{\"version\": 1, \"keys\": {}}",
            "{\"version\": 1, \"keys\": null}", "{\"version\": 1, \"keys\": [1]}", "{\"version\": 1, \"keys\": [{}]}",
            "{\"version\": 1, \"keys\": [], \"networks\": []}", "{\"version\": 1, \"keys\": []", "\u{0}",
            "{\"version\": 1, \"keys\": [\(good.replacingOccurrences(of: "1000", with: "1e300"))]}",
        ]
    )
    func damaged(text: String) {
        #expect(throws: ServingError.self) { try read(text) }
    }

    @Test(
        "names the place of what is wrong",
        arguments: [
            ("\"name\": \"ci\"", "\"name\": \"a b\"", "name"), ("\"name\": \"ci\",", "", "name"),
            ("abcdefghij23", "ABCDEFGHIJ23", "id"), ("[\"infer\"]", "[]", "scopes"),
            ("[\"infer\"]", "[\"health\"]", "scopes"), ("[\"*\"]", "[]", "models"), ("[\"*\"]", "[\"a/b\"]", "models"),
            ("1000", "-1", "created"), ("1000", "\"1000\"", "created"),
            ("\"created\"", "\"networks\": [\"10.0.0.0/8\"], \"created\"", "networks"),
            ("\"created\"", "\"expires\": \"never\", \"created\"", "expires"),
            ("\"created\"", "\"tenant\": null, \"created\"", "tenant"),
            ("\"created\"", "\"rate\": {\"burst\": 2}, \"created\"", "rate"),
            ("\"created\"", "\"rate\": {\"bursts\": 2}, \"created\"", "bursts"),
            ("\"created\"", "\"replaced_by\": \"x\", \"created\"", "replaced_by"),
            (digest, String(digest.dropLast()), "digest"), (salt, salt + "00", "digest"),
        ]
    )
    func places(from: String, to: String, place: String) throws {
        let text = "{\"version\": 1, \"keys\": [\(Self.good.replacingOccurrences(of: from, with: to))]}"
        let error = #expect(throws: ServingError.self) { try read(text) }
        let message = error?.message ?? ""
        #expect(message.contains("keys[0]") && message.contains(place), "\(message)")
    }

    @Test("holds so many keys and no more", arguments: [0, 1])
    func count(beyond: Int) throws {
        let verifier = KeyVerifier(.random())
        var records = (0..<KeyTable.limit).map { _ in
            KeyRecord(
                id: KeyText.random().id,
                principal: Principal(name: "x"),
                grant: .everything,
                createdAt: 0,
                verifier: verifier
            )
        }
        var text = String(decoding: try KeyDocument.write(KeyTable(records)), as: UTF8.self)
        if beyond == 1 {
            records = [records[0]]
            text.replaceSubrange(text.range(of: "\"keys\" : [")!, with: "\"keys\" : [\(Self.good),")
        }
        #expect(((try? read(text)) != nil) == (beyond == 0))
    }
}
