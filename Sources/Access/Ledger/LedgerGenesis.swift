// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The first line of each of a ledger's files.
package struct LedgerGenesis: Sendable, Equatable {
    /// The file that this one goes on from, and the hash of its last line.
    package struct Previous: Sendable, Equatable {
        package var file: String
        package var hash: LedgerHash
    }

    package var time: WallClockTime
    /// The ledger's random name: 32 hexadecimal digits, the same in all of its files.
    package var ledger: String
    package var key: LedgerPublicKey
    package var previous: Previous?
    /// How allowed requests are kept, as ``LedgerPolicy/Allowed/description`` has it.
    package var allowed: String

    init(time: WallClockTime, ledger: String, key: LedgerPublicKey, previous: Previous?, allowed: String) {
        self.time = time
        self.ledger = ledger
        self.key = key
        self.previous = previous
        self.allowed = allowed
    }

    package init?(_ line: LedgerLine) {
        guard line.kind == "genesis" else { return nil }
        var cursor = line.cursor
        guard cursor.skip(",\"format\":1,\"ledger\":\""), let ledger = cursor.hexadecimal(32),
            cursor.skip("\",\"public\":\""), let keyText = cursor.hexadecimal(64),
            let key = LedgerPublicKey(hexadecimal: keyText.utf8), cursor.skip("\"")
        else { return nil }
        if cursor.skip(",\"previous\":\"") {
            guard let file = cursor.fileName(), cursor.skip("\",\"hash\":\""), let hashText = cursor.hexadecimal(64),
                let hash = LedgerHash(hexadecimal: hashText.utf8), cursor.skip("\"")
            else { return nil }
            previous = Previous(file: file, hash: hash)
        }
        guard cursor.skip(",\"allow\":\""), let allowed = cursor.fileName(), cursor.skip("\""), cursor.isAtEnd else {
            return nil
        }
        time = line.time
        self.ledger = ledger
        self.key = key
        self.allowed = allowed
    }
}
