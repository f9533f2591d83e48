// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Prints what a line says, from its time on; ``LedgerChain`` puts number and chain around it. Fields come in one order,
/// those that are not known are left out.
package struct LedgerLinePrinter: Sendable {
    /// Bytes that no line's content passes: nine strings at their longest, and the digest with all names and numbers.
    package static let contentLimit = 9 * LedgerText.printedLimit + 1024

    private var timestamp = LedgerTimestamp()

    package init() {}

    package mutating func print(_ entry: LedgerEntry, into buffer: inout LedgerBuffer) {
        begin(entry.time, into: &buffer)
        switch entry.decision {
        case .allow: buffer.append("\"allow\",\"request\":")
        case .deny: buffer.append("\"deny\",\"request\":")
        case .act: buffer.append("\"act\",\"request\":")
        }
        LedgerText.printForeign(entry.requestID, into: &buffer)
        foreign(",\"principal\":", entry.principal, into: &buffer)
        field(",\"tenant\":", entry.tenant, into: &buffer)
        field(",\"key\":", entry.keyID, into: &buffer)
        field(",\"address\":", entry.address, into: &buffer)
        foreign(",\"route\":", entry.route, into: &buffer)
        field(",\"protocol\":", entry.protocolName, into: &buffer)
        foreign(",\"model\":", entry.model, into: &buffer)
        field(",\"version\":", entry.version, into: &buffer)
        if let digest = entry.modelDigest {
            buffer.append(",\"digest\":\"")
            buffer.append(digest.text)
            buffer.append("\"")
        }
        field(",\"in\":", Int64(entry.bytesIn), into: &buffer)
        field(",\"out\":", Int64(entry.bytesOut), into: &buffer)
        field(",\"status\":", Int64(entry.status), into: &buffer)
        field(",\"us\":", entry.durationMicroseconds, into: &buffer)
        foreign(",\"reason\":", entry.reason, into: &buffer)
    }

    package mutating func print(_ record: LedgerRecord, at time: WallClockTime, into buffer: inout LedgerBuffer) {
        begin(time, into: &buffer)
        switch record {
        case .summary(let summary): printSummary(summary, into: &buffer)
        case .suppressed(let suppression):
            buffer.append("\"suppressed\"")
            if let address = suppression.address {
                field(",\"address\":", address, into: &buffer)
            } else {
                buffer.append(",\"others\":true")
            }
            field(",\"count\":", suppression.count, into: &buffer)
        case .lost(let lines, let refused):
            buffer.append("\"lost\"")
            field(",\"lines\":", lines, into: &buffer)
            field(",\"refused\":", refused, into: &buffer)
        case .opened(let opening):
            buffer.append(opening.isRecovery ? "\"recovered\"" : "\"opened\"")
            field(",\"torn\":", Int64(opening.tornBytes), into: &buffer)
            field(",\"unsigned\":", opening.unsignedLines, into: &buffer)
            field(",\"fault\":", opening.fault, into: &buffer)
            field(",\"allow\":", opening.allowed, into: &buffer)
        case .removed(let file):
            buffer.append("\"removed\"")
            field(",\"file\":", file, into: &buffer)
        }
    }

    mutating func print(_ genesis: LedgerGenesis, into buffer: inout LedgerBuffer) {
        begin(genesis.time, into: &buffer)
        buffer.append("\"genesis\",\"format\":1,\"ledger\":\"")
        buffer.append(genesis.ledger)
        buffer.append("\",\"public\":\"")
        buffer.append(genesis.key.hexadecimal)
        buffer.append("\"")
        if let previous = genesis.previous {
            field(",\"previous\":", previous.file, into: &buffer)
            buffer.append(",\"hash\":\"")
            buffer.append(previous.hash.hexadecimal)
            buffer.append("\"")
        }
        field(",\"allow\":", genesis.allowed, into: &buffer)
    }

    mutating func print(_ checkpoint: LedgerCheckpoint, into buffer: inout LedgerBuffer) {
        begin(checkpoint.time, into: &buffer)
        buffer.append("\"checkpoint\",\"ledger\":\"")
        buffer.append(checkpoint.ledger)
        buffer.append("\",\"covers\":")
        buffer.append(checkpoint.covers)
        buffer.append(",\"hash\":\"")
        buffer.append(checkpoint.hash.hexadecimal)
        buffer.append("\",\"public\":\"")
        buffer.append(checkpoint.key.hexadecimal)
        buffer.append("\",\"signature\":\"")
        checkpoint.signature.withUnsafeBytes { buffer.appendHexadecimal($0) }
        buffer.append("\"")
    }

    private mutating func begin(_ time: WallClockTime, into buffer: inout LedgerBuffer) {
        buffer.append("\"time\":\"")
        timestamp.print(time, into: &buffer)
        buffer.append("\",\"kind\":")
    }

    private func printSummary(_ summary: LedgerSummary, into buffer: inout LedgerBuffer) {
        buffer.append("\"summary\"")
        if let key = summary.key {
            field(",\"principal\":", key.principal, into: &buffer)
            field(",\"key\":", key.keyID, into: &buffer)
            field(",\"route\":", key.route, into: &buffer)
            field(",\"protocol\":", key.protocolName, into: &buffer)
            field(",\"model\":", key.model, into: &buffer)
            field(",\"version\":", key.version, into: &buffer)
        } else {
            buffer.append(",\"others\":true")
        }
        field(",\"count\":", summary.count, into: &buffer)
        field(",\"in\":", summary.bytesIn, into: &buffer)
        field(",\"out\":", summary.bytesOut, into: &buffer)
        field(",\"status\":", (summary.key?.status).map { Int64($0) }, into: &buffer)
    }

    @inline(__always)
    private func foreign(_ name: StaticString, _ value: String?, into buffer: inout LedgerBuffer) {
        guard let value else { return }
        buffer.append(name)
        LedgerText.printForeign(value, into: &buffer)
    }

    private func field(_ name: StaticString, _ value: String?, into buffer: inout LedgerBuffer) {
        guard let value else { return }
        buffer.append(name)
        LedgerText.print(value, into: &buffer)
    }

    @inline(__always)
    private func field(_ name: StaticString, _ value: Int64?, into buffer: inout LedgerBuffer) {
        guard let value else { return }
        buffer.append(name)
        buffer.append(value)
    }

    private func field(_ name: StaticString, _ value: UInt64, into buffer: inout LedgerBuffer) {
        buffer.append(name)
        buffer.append(value)
    }
}

extension LedgerBuffer {
    fileprivate mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }
}
