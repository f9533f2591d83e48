// SPDX-License-Identifier: Apache-2.0
package import Inference

/// A signature over everything in a ledger up to a line. Kept elsewhere, it shows any later change, and that lines are
/// missing.
package struct LedgerCheckpoint: Sendable, Equatable {
    /// What its line takes, about.
    static let roughBytes = 512

    /// The ledger's random name: 32 hexadecimal digits.
    package var ledger: String
    /// The number of the last line that is signed.
    package var covers: UInt64
    /// Of that line.
    package var hash: LedgerHash
    package var time: WallClockTime
    package var key: LedgerPublicKey
    package var signature: [UInt8]

    init(ledger: String, chain: LedgerChain, time: WallClockTime, key: LedgerKey) {
        self.ledger = ledger
        covers = chain.next - 1
        hash = chain.hash
        self.time = time
        self.key = key.publicKey
        signature = []
        signature = key.signature(for: message(time: time.microsecondsISO8601))
    }

    private init(
        ledger: String,
        covers: UInt64,
        hash: LedgerHash,
        time: WallClockTime,
        key: LedgerPublicKey,
        signature: [UInt8]
    ) {
        self.ledger = ledger
        self.covers = covers
        self.hash = hash
        self.time = time
        self.key = key
        self.signature = signature
    }

    /// Reads and checks a checkpoint's line.
    /// - Returns: `nil` if the line is none, or its signature does not fit.
    package init?(_ line: LedgerLine) {
        guard line.kind == "checkpoint" else { return nil }
        var cursor = line.cursor
        guard cursor.skip(",\"ledger\":\""), let ledger = cursor.hexadecimal(32), cursor.skip("\",\"covers\":"),
            let covers = cursor.number(), cursor.skip(",\"hash\":\""), let hashText = cursor.hexadecimal(64),
            let hash = LedgerHash(hexadecimal: hashText.utf8), cursor.skip("\",\"public\":\""),
            let keyText = cursor.hexadecimal(64), let key = LedgerPublicKey(hexadecimal: keyText.utf8),
            cursor.skip("\",\"signature\":\""), let signatureText = cursor.hexadecimal(128),
            let signature = LedgerHexadecimal.bytes(signatureText.utf8), cursor.skip("\""), cursor.isAtEnd
        else { return nil }
        // The text of the time is what is signed: nothing depends on how it would be read.
        self.init(
            ledger: ledger,
            covers: covers,
            hash: hash,
            time: line.time,
            key: key,
            signature: signature
        )
        guard key.isValid(signature, for: message(time: line.timeText)) else { return nil }
    }

    /// Named for its purpose, so that the key's signature under something else can never pass for a checkpoint.
    private func message(time: String) -> [UInt8] {
        let text =
            "buckler ledger checkpoint 1\nledger \(ledger)\ncovers \(covers)\nhash \(hash.hexadecimal)\ntime \(time)\n"
        return Array(text.utf8)
    }
}

/// When the next checkpoint is due. Pure: told of lines and asked with the time.
package struct CheckpointSchedule: Sendable, Equatable {
    package let lines: UInt64
    package let nanoseconds: UInt64
    /// Lines that no signature covers.
    package private(set) var unsigned: UInt64 = 0
    private var since: MonotonicTime?
    private var isHastened = false

    package init(lines: Int, seconds: Double) {
        self.lines = UInt64(max(1, lines))
        nanoseconds = UInt64(max(0, min(seconds, 86_400)) * 1e9)
    }

    package mutating func lineWritten(at now: MonotonicTime) {
        unsigned += 1
        if since == nil { since = now }
    }

    /// The last line is worth nothing until it is signed.
    package mutating func hasten() { isHastened = true }

    package mutating func checkpointWritten() {
        unsigned = 0
        since = nil
        isHastened = false
    }

    /// `nil`: nothing is unsigned.
    package var due: MonotonicTime? {
        guard let since else { return nil }
        return isHastened || unsigned >= lines ? since : since.advanced(byNanoseconds: nanoseconds)
    }

    package func isDue(at now: MonotonicTime) -> Bool { due.map { $0 <= now } ?? false }
}
