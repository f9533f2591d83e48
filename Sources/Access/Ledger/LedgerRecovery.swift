// SPDX-License-Identifier: Apache-2.0

/// What a server finds of a ledger when it takes it up, and where it goes on.
struct LedgerRecovery {
    enum Place: Equatable {
        /// At the end of this file.
        case append(to: String)
        /// In a new file.
        case create(previous: LedgerGenesis.Previous?)
    }

    var ledger: String
    var chain: LedgerChain
    var place: Place
    /// `nil`: there was no ledger.
    var opening: LedgerOpening?
    /// Lines at the end that no signature covers.
    var unsigned: UInt64 = 0

    /// Looks at the last file that has a whole line; cuts off a line that was not finished. Earlier files are not read:
    /// what is wrong with them `buckler ledger verify` finds.
    static func look(
        in directory: borrowing LedgerDirectory,
        key: LedgerPublicKey,
        allowed: String
    ) throws(LedgerFailure) -> LedgerRecovery {
        var torn = 0
        var files = try directory.files()
        while let last = files.popLast() {
            let path = directory.path + "/" + last.name
            var verifier = LedgerVerifier()
            var lines: UInt64 = 0
            verifier.fileBegins(last.name)
            let rest = try LedgerFiles.forEachLine(of: path) { line in
                lines += 1
                verifier.lineRead(line)
                return true
            }
            torn += rest
            guard lines > 0 else {
                // The server stopped between making the file and writing its first line.
                try directory.remove(last.name)
                continue
            }
            verifier.fileEnds(tornBytes: rest, isLast: true)
            _ = verifier.finish()
            if rest > 0 { try LedgerFile(path, .append).truncate(to: max(0, last.bytes - rest)) }
            let opening = LedgerOpening(tornBytes: torn, unsignedLines: verifier.report.unsignedLines, allowed: allowed)
            return continuing(last.name, verifier, lines: lines, key: key, opening: opening)
        }
        let opening = torn > 0 ? LedgerOpening(tornBytes: torn, unsignedLines: 0, allowed: allowed) : nil
        return LedgerRecovery(
            ledger: randomName(),
            chain: LedgerChain(),
            place: .create(previous: nil),
            opening: opening
        )
    }

    private static func continuing(
        _ name: String,
        _ verifier: LedgerVerifier,
        lines: UInt64,
        key: LedgerPublicKey,
        opening: LedgerOpening
    ) -> LedgerRecovery {
        let (report, first) = (verifier.report, LedgerDirectory.first(in: name))
        guard report.isIntact, report.first == first, let genesis = verifier.genesis else {
            // A new ledger: to sign what comes as if it followed from what was tampered with would vouch for that.
            let fault = report.fault.map { "\($0.damage.rawValue): \($0.file) line \($0.line): \($0.text)" }
            var opening = opening
            opening.fault = fault ?? "\(name) is not the name of the file"
            return LedgerRecovery(
                ledger: randomName(),
                chain: LedgerChain(next: 1 + (first ?? 0) + lines),
                place: .create(previous: LedgerGenesis.Previous(file: name, hash: .zero)),
                opening: opening
            )
        }
        // Each file has one key: that with which its checkpoints are checked.
        let previous = LedgerGenesis.Previous(file: name, hash: verifier.chain.hash)
        return LedgerRecovery(
            ledger: genesis.ledger,
            chain: verifier.chain,
            place: genesis.key == key ? .append(to: name) : .create(previous: previous),
            opening: opening,
            unsigned: report.unsignedLines
        )
    }

    private static func randomName() -> String {
        var generator = SystemRandomNumberGenerator()
        return LedgerHexadecimal.text((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
