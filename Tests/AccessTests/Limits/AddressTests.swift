// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Access

@Suite("Addresses") struct AddressTests {
    @Test(
        "are read in their common spellings",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("2001:DB8::0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"), ("::192.0.2.1", "::192.0.2.1"),
        ]
    )
    func good(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(
        "in other spellings are refused",
        arguments: [
            "", "1", "192.0.2", "192.0.2.256", "0192.0.2.1", "192.0.2.1 ", " 192.0.2.1", "192.0.2.1\0", "192.0.2.1\0.5",
            "0x7f.0.0.1", "2130706433", "fe80::1%eth0", "[::1]", "1::2::3", "12345::", "localhost",
            "0000:0000:0000:0000:0000:0000:0000:0000:0000",
        ]
    )
    func bad(text: String) { #expect(IPAddress(text) == nil) }

    @Test("of one /64 are one network")
    func network() throws {
        let first = try #require(IPAddress("2001:db8:0:1::1"))
        #expect(first.network == IPAddress("2001:db8:0:1:ffff:ffff:ffff:ffff")?.network)
        #expect(first.network != IPAddress("2001:db8:0:2::1")?.network)
        #expect(IPAddress("192.0.2.1")?.network != IPAddress("192.0.2.2")?.network)
        #expect(IPAddress("192.0.2.1")?.network == IPAddress("::ffff:192.0.2.1")?.network)
    }

    @Test(
        "are in a block or not",
        arguments: [
            ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true), ("::/0", "10.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1/32", "192.0.2.1", true),
            ("192.0.2.0/31", "192.0.2.1", true), ("192.0.2.0/31", "192.0.2.2", false),
            ("2001:db8::/64", "2001:db8::ffff:1", true), ("2001:db8::/64", "2001:db8:0:1::", false),
            ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
            ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false), ("::1", "::1", true), ("::1", "::2", false),
        ]
    )
    func blocks(block: String, address: String, isIn: Bool) throws {
        #expect(try AddressBlock(block).contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(
        "are no block if they are not written as one",
        arguments: [
            "", "/", "10.0.0.0/", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1/8",
            "10/8",
            "::/129", "2001:db8::1/64", "10.0.0.0/0x8", "::ffff:10.0.0.0/95", "10.0.0.0/8 ",
            "10.0.0.0/9999999999999999999",
            "localhost",
        ]
    )
    func badBlocks(text: String) { #expect(throws: ServingError.self) { try AddressBlock(text) } }

    @Test("in random blocks agree with a comparison bit by bit")
    func property() throws {
        var generator = SplitMix64(seed: 11)
        func bits(_ address: IPAddress) -> [Bool] {
            (0..<64).map { address.high >> UInt64(63 - $0) & 1 == 1 }
                + (0..<64).map { address.low >> UInt64(63 - $0) & 1 == 1 }
        }
        for _ in 0..<5000 {
            // Few different groups, so that beginnings agree often.
            func address() throws -> IPAddress {
                let groups = (0..<8).map { _ in ["2001", "0", "8000", "ffff"].randomElement(using: &generator)! }
                return try #require(IPAddress("fd00:" + groups.dropFirst().joined(separator: ":")))
            }
            let length = Int.random(in: 0...128, using: &generator)
            let (base, other) = (try address(), try address())
            let block = try AddressBlock("\(base.prefix(length))/\(length)")
            #expect(block.contains(other) == (bits(base).prefix(length) == bits(other).prefix(length)))
        }
    }
}

@Suite("Forwarded addresses") struct ForwardedForTests {
    static let trusted = try? ["10.0.0.0/8", "fd00::/8"].map { try AddressBlock($0) }

    @Test(
        "count as far as the proxies that wrote them are trusted",
        arguments: [
            ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"), ("10.0.0.1", [], "10.0.0.1"),
            ("203.0.113.1", ["203.0.113.9"], "203.0.113.1"), ("10.0.0.1", ["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", ["127.0.0.1, 203.0.113.9"], "203.0.113.9"), ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", ["198.51.100.1", "203.0.113.9,10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", ["203.0.113.9", "10.0.0.2"], "203.0.113.9"), ("fd00::1", ["2001:db8::9"], "2001:db8::9"),
            ("10.0.0.1", ["[2001:db8::9]:4711"], "2001:db8::9"), ("10.0.0.1", ["[2001:db8::9]"], "2001:db8::9"),
            ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"), ("10.0.0.1", [" \t203.0.113.9\t "], "203.0.113.9"),
            ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"), ("10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", ["' OR 1=1, 203.0.113.9"], "203.0.113.9"),
        ]
    )
    func good(peer: String, fields: [String], client: String) throws {
        let rule = ForwardedFor(trusted: try #require(Self.trusted))
        #expect(try rule.client(peer: #require(IPAddress(peer)), fields: fields) == IPAddress(client))
    }

    @Test(
        "that are malformed where they count leave the peer's",
        arguments: [
            "", ",", "203.0.113.9,", "203.0.113.9, unknown", "203.0.113.9, 10.0.0.2 x", "203.0.113.9:99999",
            "203.0.113.9:",
            "203.0.113.9:+1", "[203.0.113.9]", "[2001:db8::9", "[2001:db8::9]x", "2001:db8::9]:1", "a\r\nb",
            "203.0.113.9\0",
            "fe80::1%eth0", "999.1.1.1", "\u{661}.1.1.1",
        ]
    )
    func malformed(field: String) throws {
        let rule = ForwardedFor(trusted: try #require(Self.trusted))
        let peer = try #require(IPAddress("10.0.0.1"))
        #expect(rule.client(peer: peer, fields: [field]) == peer)
    }

    @Test("are read up to a greatest number of proxies")
    func bound() throws {
        let rule = ForwardedFor(trusted: try #require(Self.trusted))
        let peer = try #require(IPAddress("10.0.0.1"))
        func list(_ proxies: Int) -> String {
            (["203.0.113.9"] + [String](repeating: "10.0.0.2", count: proxies)).joined(separator: ",")
        }
        #expect(rule.client(peer: peer, fields: [list(31)]) == IPAddress("203.0.113.9"))
        #expect(rule.client(peer: peer, fields: [list(32)]) == peer)
        #expect(rule.client(peer: peer, fields: [String](repeating: "10.0.0.2", count: 100_000)) == peer)
        #expect(ForwardedFor(trusted: []).client(peer: peer, fields: [list(1)]) == peer)
    }
}
