// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import Testing

@Suite("What was refused before the gate was asked") struct EarlyRefusalTests {
    @Test(
        "is told with its path, and nothing else of its target",
        arguments: [
            ("/v2/models/a/infer", "/v2/models/a/infer"), ("/v2?key=secret", "/v2"), ("/v2#secret", "/v2"),
            ("http://user:secret@host/v2?x", "/v2"), ("HTTPS://host", "/"), ("//x/../y", "//x/../y"),
            ("user:secret@host:443", nil), ("host:443", nil), ("*", nil), ("", nil), ("?secret", nil),
        ] as [(String, String?)]
    )
    func paths(target: String, path: String?) {
        #expect(EarlyRefusal(.http, remoteAddress: "::1", target: target, status: 400, reason: "").path == path)
    }

    @Test("is kept in bounds, however long its target is", arguments: [511, 512, 513, 1 << 20])
    func bound(length: Int) {
        let target = "/" + String(repeating: "a", count: length - 1)
        let refusal = EarlyRefusal(.http, remoteAddress: "::1", target: target, status: 431, reason: "")
        #expect(refusal.path?.utf8.count == min(length, 512))
    }

    @Test("has a line, and so many lines that no flood fills the disk")
    func lines() throws {
        let scratch = try LedgerScratch()
        let ledger = try LedgerWriter(settings: scratch.settings, key: .known, report: { _ in })
        var parts = AccessGate.Parts(
            authenticator: Authenticator(keys: try LiveKeys(origins: [], fixed: [])),
            flight: Flight(bytes: 1, requests: 1),
            ledger: ledger,
            requestLimit: 1,
            contendedAt: 1
        )
        parts.proxies = ForwardedFor(trusted: [try AddressBlock("10.0.0.1")])
        let gate = AccessGate(parts)
        var refusal = EarlyRefusal(.metrics, remoteAddress: "10.0.0.1", target: "/a\r\nb", status: 421, reason: "Host")
        refusal.forwardedFor = "192.0.2.7"
        refusal.requestID = "r-1"
        gate.refused(refusal)
        gate.refused(EarlyRefusal(.grpc, remoteAddress: "192.0.2.8", status: 16, reason: "TLS"))
        for _ in 0..<1000 { gate.refused(EarlyRefusal(.http, remoteAddress: "192.0.2.9", status: 400, reason: "")) }
        ledger.stop()
        let lines = scratch.lines(kind: "deny")
        #expect(lines.count <= 2 + 12)
        let first = try #require(lines.first)
        for part in [
            #""request":"r-1","principal":"anonymous","address":"192.0.2.7","route":"/a\u000d\u000ab","#,
            #""protocol":"metrics","#, #""status":421"#, #""reason":"Host""#,
        ] { #expect(first.contains(part), "\(first)") }
        #expect(lines[1].contains(#""address":"192.0.2.8","route":"-","protocol":"grpc""#))
        #expect(scratch.lines(kind: "suppressed").contains { $0.contains("192.0.2.9") })
    }
}
