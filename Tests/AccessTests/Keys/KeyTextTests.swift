// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Access

@Suite("The text of a key") struct KeyTextTests {
    @Test("is made so that it reads back, and never twice")
    func roundTrip() throws {
        var texts: Set<String> = []
        for _ in 0..<1000 {
            let key = KeyText.random()
            let text = key.secretText
            #expect(text.utf8.count == KeyText.length && text.hasPrefix("bkl_\(key.id)_"))
            #expect(try #require(KeyText(text)).secretText == text)
            texts.insert(text)
        }
        #expect(texts.count == 1000)
    }

    @Test("has the checksum that everyone computes")
    func checksum() {
        #expect(CRC32.of(Array("123456789".utf8)[...]) == 0xCBF4_3926)
        // As zlib has it.
        let body = "bkl_abcdefghij23_" + String(repeating: "0", count: 43)
        #expect(CRC32.of(Array(body.utf8)[...]) == 0xF0DF_D82C)
        #expect(KeyText(body + "4PUTAi") != nil)
    }

    @Test("is refused with any one character changed")
    func flipped() {
        let text = Array(KeyText.random().secretText.utf8)
        for position in text.indices {
            for character in UInt8.min...UInt8.max where character != text[position] {
                var changed = text
                changed[position] = character
                #expect(KeyText(changed) == nil)
            }
        }
    }

    @Test("is refused with two neighbours swapped, and at any other length")
    func shapes() {
        let text = Array(KeyText.random().secretText.utf8)
        for position in text.indices.dropLast() where text[position] != text[position + 1] {
            var changed = text
            changed.swapAt(position, position + 1)
            #expect(KeyText(changed) == nil)
        }
        for count in text.indices { #expect(KeyText(text[..<count]) == nil) }
        for more in [" ", "\n", "\0", "0", "="] { #expect(KeyText(text + Array(more.utf8)) == nil) }
        #expect(KeyText([UInt8](repeating: 0x30, count: 1 << 20)) == nil)
    }

    @Test(
        "is nothing that only looks like it",
        arguments: ["", "bkl_", "bkl_abcdefghij23_", "Bearer", "password", String(repeating: "bkl_", count: 17)]
    )
    func others(text: String) {
        #expect(KeyText(text) == nil)
    }

    @Test("takes a checksum of more than 32 bits for none")
    func wideChecksum() {
        let body = KeyText.random().secretText.prefix(KeyText.bodyLength)
        #expect(KeyText(body + "zzzzzz") == nil)
    }

    @Test("is read from what has no storage in one piece")
    func scattered() throws {
        let key = KeyText.random()
        let text = Array(key.secretText.utf8)
        let scattered = zip(text, text).lazy.map(\.0)
        #expect(KeyText(Array(scattered)) != nil)
        #expect(KeyText(text.reversed().reversed() as ReversedCollection<ReversedCollection<[UInt8]>>) != nil)
    }

    @Test("is in no description, dump or mirror")
    func hidden() {
        let key = KeyText.random()
        let secret = key.secretText.dropFirst(17).prefix(43)
        var dumped = ""
        dump(key, to: &dumped)
        for shown in ["\(key)", String(reflecting: key), dumped, "\(Mirror(reflecting: key).children.map(\.value))"] {
            #expect(!shown.contains(secret) && shown.contains(key.id.description))
        }
    }

    @Test("its id reads back and nothing else does")
    func ids() throws {
        var generator = SystemRandomNumberGenerator()
        let id = KeyID.random(using: &generator)
        #expect(KeyID(id.description) == id)
        for text in ["", "abcdefghijk", "abcdefghijklm", "ABCDEFGHIJKL", "abcdefghijk1", "abcdefghijk0", "äbcdefghijk"]
        {
            #expect(KeyID(text) == nil)
        }
    }

    @Test("its digest is SHA-256 of salt and text, and fits no other key")
    func verifier() throws {
        let key = try #require(KeyText("bkl_abcdefghij23_" + String(repeating: "0", count: 43) + "4PUTAi"))
        let salt = "000102030405060708090a0b0c0d0e0f"
        let digest = "3d958a8b50d58aa6dd99f279660dc1e2cc8648da88d2a87e732167fa7feef15b"
        let verifier = try #require(KeyVerifier(salt: salt, digest: digest))
        #expect(verifier.matches(key))
        #expect(verifier.saltText == salt && verifier.digestText == digest)
        #expect(!verifier.matches(.random()))
        #expect(KeyVerifier(key) != KeyVerifier(key), "two salts")
        for (salt, digest) in [(salt + "0", digest), (salt, String(digest.dropLast())), (salt.uppercased(), digest)] {
            #expect(KeyVerifier(salt: salt, digest: digest) == nil)
        }
    }
}
