// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

@Suite("Whom addresses name")
struct WebAddressTests {
    @Test(arguments: [
        ("https://example.org/a", "https", "example.org"),
        ("HTTP://LocalHost:8000", "http", "localhost"),
        ("https://localhost:x@evil.example/a", "https", "evil.example"),
        ("https://localhost@127.0.0.1@evil.example", "https", "evil.example"),
        ("https://evil.example#@localhost/", "https", "evil.example"),
        ("https://evil.example?@localhost", "https", "evil.example"),
        ("http://[::1]:8000/", "http", "::1"), ("http://user@[2001:DB8::1]", "http", "2001:db8::1"),
        ("tcp://:2375", "tcp", ""), ("://x", "", "x"), ("git+http://h", "git+http", "h"), ("a://", "a", ""),
        ("https://[", "https", ""),
    ])
    func parts(_ text: String, _ scheme: String, _ host: String) throws {
        let address = try #require(WebAddress(text))
        #expect(address.scheme == scheme && address.host == host)
    }

    @Test(arguments: ["", "localhost:8000", "a b://c", "/a://b", "jdbc:mysql://h"])
    func isNone(_ text: String) { #expect(WebAddress(text) == nil) }

    @Test func allOfAText() {
        let found = WebAddress.all(in: "-xhttp://a:1 --url=ftp://b, 'https://c' http://d http://")
        #expect(found.map(\.host) == ["a", "b,", "c", "d", ""])
        #expect(found.map(\.isInClear) == [true, true, false, true, true])
        #expect(found.map(\.isPlainHTTP) == [true, false, false, true, true])
        #expect(WebAddress.all(in: "a:b c").isEmpty)
    }

    @Test(arguments: [
        ("http://triton:8000", true), ("http://a.models.svc", true), ("http://a.svc.cluster.local", true),
        ("http://169.254.169.254/latest", true), ("http://example.org", false), ("http://2130706433/", false),
        ("http://10.0.0.5:8000", true), ("http://172.16.0.1", true), ("http://172.31.9.9/", true),
        ("http://192.168.1.1", true), ("http://100.64.0.1", true), ("http://[fd00::1]", true),
        ("http://[fc01::]", true),
        ("http://172.32.0.1", false), ("http://172.15.0.1", false), ("http://100.128.0.1", false),
        ("http://192.169.1.1", false), ("http://11.0.0.1", false), ("http://10.example.org", false),
        ("http://10.0.0.5.example.org", false), ("http://10.0.0", false), ("http://10.0.0.256", false),
        ("http://169.254.example.org", false), ("http://012.0.0.1", false), ("http://[fd::1]", false),
        ("http://0x7f000001", false), ("http://[fe80::1]", false), ("http://triton@example.org", false),
    ])
    func neighbours(_ text: String, _ isOne: Bool) { #expect(WebAddress(text)?.isNeighbour == isOne) }

    @Test(arguments: [
        ("http://example.org", true), ("ws://example.org", true), ("http://[2001:db8::1]/", true),
        ("https://example.org", false), ("http://localhost", false), ("http://[::1]:1", false),
        ("http://triton", false), ("http://{host}.example.org", false), ("http://$HOST", false),
        ("http://10.0.0.5", false),
        ("http://*", false),
    ])
    func farInClear(_ text: String, _ isOne: Bool) { #expect(WebAddress.isFarInClear(text) == isOne) }
}
