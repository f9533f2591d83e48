import Foundation
import Inference
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Access

/// A ledger of twelve lines: a genesis, four and three requests with a checkpoint after each, two more requests.
struct SmallLedger {
    var lines: [[UInt8]] = []
    var chain = LedgerChain()
    private var printer = LedgerLinePrinter()
    let key: LedgerKey
    let name: String

    init(key: LedgerKey = .known, name: String = String(repeating: "0a", count: 16), first: String = "a") {
        self.key = key
        self.name = name
        let time = WallClockTime(microseconds: 1_795_209_660_000_000)
        let genesis = LedgerGenesis(time: time, ledger: name, key: key.publicKey, previous: nil, allowed: "all")
        seal { $0.print(genesis, into: &$1) }
        for request in 1...4 { add(first + "\(request)") }
        checkpoint()
        for request in 1...3 { add("b\(request)") }
        checkpoint()
        for request in 1...2 { add("c\(request)") }
    }

    var bytes: [UInt8] { lines.flatMap(\.self) }
    /// Bytes up to the end of the last checkpoint.
    var signedBytes: Int { lines.prefix(Self.signedLines).reduce(0) { $0 + $1.count } }
    static let signedLines = 10

    mutating func add(_ id: String) { seal { $0.print(LedgerEntry.request(id), into: &$1) } }

    mutating func checkpoint() {
        let time = WallClockTime(microseconds: 1_795_209_661_000_000)
        let checkpoint = LedgerCheckpoint(ledger: name, chain: chain, time: time, key: key)
        seal { $0.print(checkpoint, into: &$1) }
    }

    private mutating func seal(_ print: (inout LedgerLinePrinter, inout LedgerBuffer) -> Void) {
        var content = LedgerBuffer(capacity: 64)
        var line = LedgerBuffer(capacity: 64)
        print(&printer, &content)
        chain.seal(content.bytes, into: &line)
        lines.append(line.array)
    }

    /// The last checkpoint, as it would have been sent elsewhere.
    var exported: LedgerCheckpoint {
        LedgerCheckpoint(LedgerLine(lines[Self.signedLines - 1].dropLast()[...])!)!
    }

    /// What someone makes of it who can write the file but has no key: contents are changed, and chained anew.
    static func rechained(_ contents: [[UInt8]]) -> [UInt8] {
        var chain = LedgerChain()
        var buffer = LedgerBuffer(capacity: 64)
        for line in contents {
            let start = line.firstIndex(of: UInt8(ascii: ","))! + 1
            line[start..<(line.count - 1 - LedgerLine.tailCount)].withUnsafeBytes { chain.seal($0, into: &buffer) }
        }
        return buffer.array
    }
}

@Suite struct LedgerVerifierTests {
    private let ledger = SmallLedger()

    @Test func aLedgerThatNobodyTouchedIsIntact() {
        let report = verified(ledger.bytes)
        #expect(report.isIntact && report.fault == nil)
        #expect(report.lines == 12 && report.signedLines == 10 && report.unsignedLines == 2)
        #expect(report.checkpoint?.line == 10 && report.checkpoint?.covers == 9)
        #expect(!report.isKeyTrusted && report.key == LedgerKey.known.publicKey.hexadecimal)
        #expect(verified(ledger.bytes, trusted: [LedgerKey.known.publicKey]).isKeyTrusted)
        #expect(verified(ledger.bytes, exported: ledger.exported).isIntact)
    }

    @Test func everyChangedByteIsFound() {
        let bytes = ledger.bytes
        for position in 0..<ledger.signedBytes {
            for flip in [1, 0x20] as [UInt8] {
                var changed = bytes
                changed[position] ^= flip
                let report = verified(changed)
                let line = 1 + bytes[..<position].count { $0 == 0x0a }
                #expect(!report.isIntact, "byte \(position) was changed, and nobody noticed")
                #expect(report.fault?.line == line, "byte \(position)")
            }
        }
    }

    @Test func everyMissingLineIsFound() {
        for line in 0..<SmallLedger.signedLines {
            var lines = ledger.lines
            lines.remove(at: line)
            let fault = verified(lines.flatMap(\.self)).fault
            #expect(fault?.damage == .removed && fault?.line == line + 1)
        }
    }

    @Test func everyRepeatedLineIsFound() {
        for line in 0..<SmallLedger.signedLines {
            for target in line...ledger.lines.count {
                var lines = ledger.lines
                lines.insert(lines[line], at: target)
                let fault = verified(lines.flatMap(\.self)).fault
                if target == line || target == line + 1 {
                    #expect(fault?.damage == .repeated && fault?.line == line + 2)
                } else {
                    #expect(fault?.damage == .repeated && fault?.line == target + 1)
                }
            }
        }
    }

    @Test func everyExchangedPairIsFound() {
        for first in 0..<SmallLedger.signedLines {
            for second in (first + 1)..<ledger.lines.count {
                var lines = ledger.lines
                lines.swapAt(first, second)
                let fault = verified(lines.flatMap(\.self)).fault
                #expect(fault?.line == first + 1)
                if second == first + 1, first > 0 { #expect(fault?.damage == .reordered) }
            }
        }
    }

    @Test func aForgedLineIsFound() {
        var lines = ledger.lines
        var forged = String(decoding: lines[3], as: UTF8.self)
        forged.replace("\"a3\"", with: "\"x3\"")
        lines.insert(Array(forged.utf8), at: 3)
        let fault = verified(lines.flatMap(\.self)).fault
        #expect(fault?.damage == .inserted && fault?.line == 4)
    }

    @Test func oneWhoChainsAnewStillLacksTheKey() {
        for line in 1..<SmallLedger.signedLines where ![5, 9].contains(line) {
            var lines = ledger.lines
            var text = String(decoding: lines[line], as: UTF8.self)
            text.replace("alice", with: "mallo")
            lines[line] = Array(text.utf8)
            let fault = verified(SmallLedger.rechained(lines)).fault
            #expect(fault?.damage == .signature && fault?.line == (line < 5 ? 6 : 10))
            lines.remove(at: line)
            #expect(verified(SmallLedger.rechained(lines)).fault?.damage == .signature)
        }
        #expect(verified(SmallLedger.rechained(ledger.lines)).isIntact)
    }

    @Test func aLedgerWithAnotherKeyIsFoundByWhoKnowsTheKey() {
        let forged = SmallLedger(key: .other)
        #expect(verified(forged.bytes).isIntact)
        let trusted = verified(forged.bytes, trusted: [LedgerKey.known.publicKey])
        #expect(trusted.fault?.damage == .signature && trusted.fault?.line == 1)
        #expect(verified(forged.bytes, exported: ledger.exported).fault?.damage == .signature)
        let both = [LedgerKey.known.publicKey, LedgerKey.other.publicKey]
        #expect(verified(forged.bytes, trusted: both).isIntact)
    }

    @Test func truncationIsFoundWithACheckpointFromElsewhere() {
        for kept in 1..<ledger.lines.count {
            let bytes = ledger.lines.prefix(kept).flatMap(\.self)
            #expect(verified(bytes).isIntact)
            // The checkpoint covers nine lines; its own is the tenth.
            let fault = verified(bytes, exported: ledger.exported).fault
            #expect((fault?.damage == .truncated) == (kept < 9))
        }
    }

    @Test func aLedgerThatWasWrittenAnewIsFoundWithACheckpointFromElsewhere() {
        let forged = SmallLedger(name: String(repeating: "0b", count: 16))
        #expect(verified(forged.bytes).isIntact)
        #expect(verified(forged.bytes, exported: ledger.exported).fault?.damage == .removed)
        // By one who has the key: the signatures fit, the history does not.
        let rewritten = SmallLedger(first: "z")
        #expect(verified(rewritten.bytes, trusted: [LedgerKey.known.publicKey]).isIntact)
        let fault = verified(rewritten.bytes, exported: ledger.exported).fault
        #expect(fault?.damage == .edited && fault?.line == 9)
    }

    @Test func anUnfinishedLastLineIsNoFault() {
        let report = verified(ledger.bytes + Array("{\"seq\":13,".utf8))
        #expect(report.isIntact && report.tornBytes == 10 && report.lines == 12)
    }

    @Test(arguments: ["", "\n", "{}\n", "{\"seq\":18446744073709551615,\n", "\u{0}\n"])
    func whatIsNoLedgerIsMalformed(_ text: String) {
        #expect(verified(Array(text.utf8)).fault?.damage == .malformed)
    }

    @Test func numbersThatNoServerReachesAreRefused() {
        for number in [0, LedgerLine.numberLimit + 1, .max] {
            var buffer = LedgerBuffer(capacity: 64)
            var content = LedgerBuffer(capacity: 64)
            var printer = LedgerLinePrinter()
            printer.print(LedgerEntry.request("x"), into: &content)
            var chain = LedgerChain(next: min(number, .max - 1))
            chain.seal(content.bytes, into: &buffer)
            #expect(LedgerLine(buffer.array.dropLast()[...]) == nil)
        }
    }
}
