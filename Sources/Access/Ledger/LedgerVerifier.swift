// SPDX-License-Identifier: Apache-2.0

/// Judges a ledger from its lines, one after the other, and remembers none but the last: a ledger of any size takes the
/// same memory. Pure: ``LedgerFiles`` reads.
package struct LedgerVerifier: Sendable {
    /// A line that does not fit. The one behind it tells what was done.
    private struct Suspect {
        var fault: LedgerReport.Fault
        /// The number that the line should have had.
        var expected: UInt64
    }

    package private(set) var report: LedgerReport
    /// After the last good line.
    package private(set) var chain = LedgerChain(next: 0)
    package private(set) var genesis: LedgerGenesis?
    private let trusted: [LedgerPublicKey]
    private let exported: LedgerCheckpoint?
    private let isWhole: Bool
    private var suspect: Suspect?
    /// A file that lines before the first one here are in, until it is believed that the server removed it.
    private var missing: (file: String, first: UInt64)?
    /// Whether a line that no signature covers yet says so: whoever can write the file can write that.
    private var isRemovalClaimed = false
    private var file = ""
    private var line = 0
    /// Whether its genesis line was read.
    private var isFileOpen = false

    /// - Parameters:
    ///   - trusted: keys that may have signed. If there are none, that of `exported` is trusted; if there is none
    ///     either, the key that the ledger itself names.
    ///   - exported: a checkpoint of this ledger that was kept elsewhere.
    ///   - isWhole: whether all files are read that the server has not removed itself.
    package init(trusted: [LedgerPublicKey] = [], exported: LedgerCheckpoint? = nil, isWhole: Bool = true) {
        self.isWhole = isWhole
        self.trusted = trusted.isEmpty ? exported.map { [$0.key] } ?? [] : trusted
        self.exported = exported
        report = LedgerReport(isIntact: true, isKeyTrusted: !self.trusted.isEmpty)
    }

    /// Whether more lines would change nothing.
    package var isDone: Bool { report.fault != nil }

    package mutating func fileBegins(_ name: String) {
        guard !isDone else { return }
        settleSuspect(next: nil)
        (file, line, isFileOpen) = (name, 0, false)
        report.files += 1
    }

    /// - Parameter bytes: without the line break.
    package mutating func lineRead(_ bytes: ArraySlice<UInt8>) {
        guard !isDone else { return }
        let parsed = LedgerLine(bytes)
        if suspect != nil { return settleSuspect(next: parsed) }
        line += 1
        guard let parsed else {
            return fail(.malformed, "it is not a line of a ledger, or longer than \(LedgerLine.lengthLimit) bytes")
        }
        if !isFileOpen {
            guard open(with: parsed) else { return }
        }
        accept(parsed)
    }

    /// - Parameters:
    ///   - tornBytes: how many follow the last line break.
    ///   - isLast: whether no file follows. A line that is not finished can only be the very last.
    package mutating func fileEnds(tornBytes: Int, isLast: Bool) {
        guard !isDone else { return }
        settleSuspect(next: nil)
        guard !isDone else { return }
        line += 1
        if !isFileOpen, !(isLast && report.lines > 0) { return fail(.malformed, "the file has no whole line") }
        guard tornBytes > 0 else { return }
        if isLast {
            report.tornBytes = tornBytes
        } else {
            fail(.truncated, "the line is not finished, and another file follows")
        }
    }

    package mutating func finish() -> LedgerReport {
        settleSuspect(next: nil)
        if !isDone, report.lines == 0 { fail(.malformed, "there is no line") }
        if !isDone, let missing, !isWhole {
            report.notes.append("lines before \(missing.first) are in \(missing.file), which was not looked at")
        } else if !isDone, let missing {
            report.missingFile = missing.file
            report.notes.append(
                "lines before \(missing.first) are in \(missing.file), which is not here and was not removed by the server"
            )
        }
        if !isDone, let exported {
            if chain.next <= exported.covers {
                fail(
                    .truncated,
                    "the ledger ends with line \(chain.next - 1); the checkpoint covers \(exported.covers)"
                )
            } else if let first = report.first, exported.covers < first {
                report.notes.append(
                    "the checkpoint covers line \(exported.covers); the first line here is \(first): not compared"
                )
            }
        }
        return report
    }

    // MARK: Lines

    /// The genesis of a file says what its line is chained to.
    private mutating func open(with parsed: LedgerLine) -> Bool {
        guard let next = LedgerGenesis(parsed) else {
            fail(.removed, "a file begins with its genesis line, and this does not")
            return false
        }
        guard trusted.isEmpty || trusted.contains(next.key) else {
            fail(.signature, "the file names the key \(next.key.hexadecimal), which is not one that is trusted")
            return false
        }
        if let exported, exported.ledger != next.ledger {
            fail(.removed, "this is the ledger \(next.ledger); the checkpoint is of \(exported.ledger)")
            return false
        }
        if let before = genesis {
            guard before.ledger == next.ledger, let previous = next.previous, previous.hash == chain.hash else {
                fail(.removed, "it does not go on from the file before it")
                return false
            }
        } else {
            chain = LedgerChain(next: parsed.number, hash: next.previous?.hash ?? .zero)
            if next.previous == nil, parsed.number != 1 {
                fail(.removed, "a ledger begins with line 1, and this is line \(parsed.number)")
                return false
            }
            if let previous = next.previous {
                missing = (previous.file, parsed.number)
            }
        }
        if isWhole, let first = LedgerDirectory.first(in: file), first != parsed.number {
            fail(.renamed, "the file begins with line \(parsed.number), and its name says line \(first)")
            return false
        }
        genesis = next
        report.ledger = next.ledger
        report.key = next.key.hexadecimal
        isFileOpen = true
        return true
    }

    private mutating func accept(_ parsed: LedgerLine) {
        guard parsed.number == chain.next, let hash = parsed.hash(after: chain.hash) else { return suspect(parsed) }
        if line > 1, parsed.kind == "genesis" { return fail(.inserted, "a genesis line within a file") }
        if parsed.kind == "checkpoint" {
            guard checkpoint(parsed) else { return }
        }
        if let exported, exported.covers == parsed.number, exported.hash != hash {
            return fail(.edited, "the checkpoint has another hash for this line, or one before it was changed")
        }
        judgeRemoval(parsed)
        chain = LedgerChain(next: parsed.number + 1, hash: hash)
        report.first = report.first ?? parsed.number
        report.last = parsed.number
        report.lines += 1
        report.unsignedLines = report.lines - report.signedLines
    }

    /// That the server removed the missing file is believed once a checkpoint covers the line that says so, but not if
    /// a server began in between: it signs what it found unsigned along with its own lines, and did not write it for
    /// certain. Where the last checkpoint stands tells which lines those are; the count that the server gives is of its
    /// last file alone.
    /// - Parameter parsed: a good line; a checkpoint's signature is checked.
    private mutating func judgeRemoval(_ parsed: LedgerLine) {
        guard let old = missing else { return }
        switch parsed.kind {
        case "removed" where parsed.names(file: old.file): isRemovalClaimed = true
        case "opened", "recovered": isRemovalClaimed = false
        case "checkpoint" where isRemovalClaimed:
            report.notes.append("lines before \(old.first) were removed by the server to make room, as it says")
            missing = nil
        default: break
        }
    }

    private mutating func checkpoint(_ parsed: LedgerLine) -> Bool {
        guard let checkpoint = LedgerCheckpoint(parsed), checkpoint.key == genesis?.key,
            checkpoint.ledger == genesis?.ledger, checkpoint.covers == chain.next - 1, checkpoint.hash == chain.hash
        else {
            fail(.signature, "the checkpoint's signature does not fit the lines before it")
            return false
        }
        // Its own line says nothing but what is signed.
        report.signedLines = report.lines + 1
        report.checkpoint = LedgerReport.Signed(
            file: file,
            line: line,
            time: parsed.timeText,
            covers: checkpoint.covers
        )
        return true
    }

    // MARK: Faults

    private mutating func suspect(_ parsed: LedgerLine) {
        let found = parsed.number
        let expected = chain.next
        let (damage, text): (LedgerReport.Damage, String) =
            found > expected
            ? (.removed, "line \(expected) is missing before line \(found)")
            : found < expected
                ? (.repeated, "line \(found) comes again where line \(expected) should be")
                : (.edited, "line \(found) is not what was written, or one before it was put in its place")
        suspect = Suspect(
            fault: LedgerReport.Fault(damage: damage, file: file, line: line, text: text),
            expected: expected
        )
    }

    private mutating func settleSuspect(next: LedgerLine?) {
        guard var suspect else { return }
        self.suspect = nil
        if let next, next.number == suspect.expected {
            if suspect.fault.damage == .removed {
                suspect.fault.damage = .reordered
                suspect.fault.text = "line \(suspect.expected) comes later than it should"
            } else if next.hash(after: chain.hash) != nil {
                suspect.fault.damage = suspect.fault.damage == .repeated ? .repeated : .inserted
                suspect.fault.text += "; without it the next line would fit"
            }
        }
        report.fault = suspect.fault
        report.isIntact = false
    }

    private mutating func fail(_ damage: LedgerReport.Damage, _ text: String) {
        report.fault = LedgerReport.Fault(damage: damage, file: file, line: line, text: text)
        report.isIntact = false
    }
}
