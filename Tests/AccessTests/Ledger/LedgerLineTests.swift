import Foundation
import Inference
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Access

@Suite struct LedgerLineTests {
    private func printed(_ entry: LedgerEntry) -> String {
        var buffer = LedgerBuffer(capacity: 64)
        var printer = LedgerLinePrinter()
        printer.print(entry, into: &buffer)
        return buffer.text
    }

    private func printed(bytes: [UInt8]) -> String {
        var buffer = LedgerBuffer(capacity: 64)
        bytes.withUnsafeBufferPointer { LedgerText.printBytes($0, into: &buffer) }
        return buffer.text
    }

    @Test func fieldsComeInOneOrder() {
        var entry = LedgerEntry.request("r-1")
        entry.modelDigest = ModelDigest(sha256: [UInt8](repeating: 0xa5, count: 32))
        let digest = "sha256:" + String(repeating: "a5", count: 32)
        entry.reason = "because"
        #expect(
            printed(entry)
                == #""time":"2026-11-20T21:21:00.909930Z","kind":"allow","request":"r-1","principal":"alice","#
                + #""tenant":"vision","key":"k-7f3a","address":"10.1.2.3","route":"infer","protocol":"http","#
                + #""model":"resnet50","version":3,"digest":"\#(digest)","in":602112,"out":4000,"status":200,"#
                + #""us":412,"reason":"because""#
        )
    }

    @Test func whatIsNotKnownIsLeftOut() {
        let entry = LedgerEntry(
            time: WallClockTime(microseconds: -1),
            decision: .deny,
            requestID: "",
            principal: "anonymous",
            address: "::1",
            route: "metrics",
            protocolName: "grpc",
            bytesIn: .min,
            status: 16
        )
        #expect(
            printed(entry)
                == #""time":"1969-12-31T23:59:59.999999Z","kind":"deny","request":"","principal":"anonymous","#
                + #""address":"::1","route":"metrics","protocol":"grpc","in":-9223372036854775808,"out":0,"status":16"#
        )
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (4_107_542_400_000_001, "2100-03-01T00:00:00.000001Z"),
        ] as [(Int64, String)]
    )
    func timesAreReadAsTheyArePrinted(_ microseconds: Int64, _ text: String) {
        #expect(WallClockTime(microseconds: microseconds).microsecondsISO8601 == text)
        #expect(WallClockTime(microsecondsISO8601: text)?.microseconds == microseconds)
    }

    /// Each tries to end the line, to leave the string, or to make a terminal show something else.
    @Test(arguments: [
        ("a\nb", #"a\u000ab"#),
        ("a\r\n{\"seq\":1}", #"a\u000d\u000a{\"seq\":1}"#),
        ("\",\"kind\":\"allow", #"\",\"kind\":\"allow"#),
        (#"\"#, #"\\"#),
        (#"\u000a"#, #"\\u000a"#),
        ("\u{1B}[2J", #"\u001b[2J"#),
        ("\u{0}\u{8}\u{9}\u{B}\u{C}\u{1F}", #"\u0000\u0008\u0009\u000b\u000c\u001f"#),
        ("\u{7F}\u{80}\u{85}\u{9B}\u{9F}", #"\u007f\u0080\u0085\u009b\u009f"#),
        ("\u{2028}\u{2029}", #"\u2028\u2029"#),
        ("\u{202E}gpj.exe\u{2066}\u{200F}\u{61C}", #"\u202egpj.exe\u2066\u200f\u061c"#),
        ("\u{FEFF}\u{200B}\u{AD}", #"\ufeff\u200b\u00ad"#),
        ("\u{E0041}", #"\udb40\udc41"#),
        ("Grüße, 世界 🛡", "Grüße, 世界 🛡"),
    ])
    func noStringLeavesItsPlace(_ text: String, _ expected: String) throws {
        var entry = LedgerEntry.request(text, model: text)
        entry.principal = text
        entry.reason = text
        let line = printed(entry)
        #expect(line.contains("\"request\":\"\(expected)\","))
        #expect(!line.utf8.contains { $0 < 0x20 || $0 == 0x7f })
        let read = try #require(try JSONSerialization.jsonObject(with: Data("{\(line)}".utf8)) as? [String: Any])
        for name in ["request", "principal", "model", "reason"] { #expect(read[name] as? String == text) }
        #expect(read.count == 16)
    }

    @Test(
        arguments: [
            [0x80], [0xff, 0xfe], [0xc0, 0xaf], [0xe2, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5],
        ] as [[UInt8]]
    )
    func bytesThatAreNoTextAreEscaped(_ bytes: [UInt8]) {
        #expect(
            printed(bytes: [0x61] + bytes + [0x62])
                == "a" + String(repeating: "\\ufffd", count: bytes.count) + "b"
        )
    }

    @Test func aLongStringIsCutAndSaysSo() {
        let limit = LedgerText.lengthLimit
        #expect(printed(bytes: Array(repeating: 0x61, count: limit)) == String(repeating: "a", count: limit))
        #expect(
            printed(bytes: Array(repeating: 0x61, count: limit + 1)) == String(repeating: "a", count: limit) + "…+1"
        )
        // A character is not cut in two.
        let text = String(repeating: "a", count: limit - 1) + "ü"
        #expect(printed(bytes: Array(text.utf8)) == String(repeating: "a", count: limit - 1) + "…+2")
    }

    @Test func theLongestLineKeepsTheBoundThatRoomIsMadeFor() {
        let worst = String(repeating: "\u{1}", count: 1000)
        var entry = LedgerEntry.request(worst, model: worst)
        entry.principal = worst
        entry.tenant = worst
        entry.keyID = worst
        entry.address = worst
        entry.route = worst
        entry.protocolName = worst
        entry.modelDigest = ModelDigest(sha256: [UInt8](repeating: 0xff, count: 32))
        entry.reason = worst
        (entry.bytesIn, entry.bytesOut, entry.status) = (.min, .min, .min)
        (entry.version, entry.durationMicroseconds) = (.min, .min)
        let count = printed(entry).utf8.count
        #expect(count > 14_000 && count <= LedgerLinePrinter.contentLimit)
        #expect(LedgerLinePrinter.contentLimit + LedgerChain.overhead <= LedgerLine.lengthLimit)
    }

    @Test func fieldsAreShownAsTheyStand() throws {
        var buffer = LedgerBuffer(capacity: 64)
        var content = LedgerBuffer(capacity: 64)
        var printer = LedgerLinePrinter()
        var chain = LedgerChain()
        printer.print(LedgerEntry.request("a\n\"b\\"), into: &content)
        chain.seal(content.bytes, into: &buffer)
        let line = try #require(LedgerLine(buffer.array.dropLast()[...]))
        #expect(line.number == 1 && line.kind == "allow")
        let fields = Dictionary(uniqueKeysWithValues: line.fields.map { ($0.name, $0.value) })
        #expect(fields["request"] == #""a\u000a\"b\\""#)
        #expect(fields["status"] == "200" && fields["seq"] == "1" && fields.count == 16)
    }
}
