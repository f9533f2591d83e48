// SPDX-License-Identifier: Apache-2.0

/// What was found out about a ledger.
package struct LedgerReport: Sendable, Equatable, Encodable {
    package enum Damage: String, Sendable, Encodable {
        case edited, removed, inserted, reordered, repeated
        /// The end is missing.
        case truncated
        /// A checkpoint's signature does not fit, or is not by a key that is trusted.
        case signature
        /// It is not what the ledger's writer writes.
        case malformed
        /// A file has another name than the writer gave it.
        case renamed
    }

    /// The first thing that is wrong; nothing behind it is judged.
    package struct Fault: Sendable, Equatable, Encodable {
        package var damage: Damage
        package var file: String
        /// From 1.
        package var line: Int
        /// What is wrong, for people.
        package var text: String
    }

    package struct Signed: Sendable, Equatable, Encodable {
        /// Where the last good checkpoint stands.
        package var file: String
        package var line: Int
        package var time: String
        /// The number of the last line that it covers.
        package var covers: UInt64
    }

    package var isIntact: Bool
    package var fault: Fault?
    package var ledger: String?
    package var files = 0
    package var lines: UInt64 = 0
    /// Numbers of the first and the last good line.
    package var first: UInt64?
    package var last: UInt64?
    package var checkpoint: Signed?
    /// Good lines that a checkpoint's signature covers, and good lines behind them.
    package var signedLines: UInt64 = 0
    package var unsignedLines: UInt64 = 0
    /// Whether keys to trust were given; without, the ledger vouches for its own key.
    package var isKeyTrusted: Bool
    package var key: String?
    /// Bytes of an unfinished line at the very end.
    package var tornBytes = 0
    /// The file before the first one here, if no signed line says that the server removed it to make room.
    package var missingFile: String?
    package var notes: [String] = []
}
