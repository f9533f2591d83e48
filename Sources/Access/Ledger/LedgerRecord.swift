// SPDX-License-Identifier: Apache-2.0

/// What a line of the ledger says, other than a decision and what the chain itself needs.
package enum LedgerRecord: Sendable, Equatable {
    /// Allowed requests of one kind, counted instead of listed.
    case summary(LedgerSummary)
    case suppressed(DenialSuppression)
    /// What the ledger missed while it could not be written: lines that were lost, requests that were refused for it.
    case lost(lines: UInt64, refused: UInt64)
    /// A server took the ledger up again.
    case opened(LedgerOpening)
    /// An old file was removed to make room.
    case removed(file: String)
}

/// Allowed requests that have everything but their size in common.
package struct LedgerSummary: Sendable, Equatable {
    package struct Key: Sendable, Hashable {
        package var principal: String
        package var keyID: String?
        package var route: String
        package var protocolName: String
        package var model: String?
        package var version: Int64?
        package var status: Int

        init(_ entry: LedgerEntry) {
            principal = entry.principal
            keyID = entry.keyID
            route = entry.route
            protocolName = entry.protocolName
            model = entry.model
            version = entry.version
            status = entry.status
        }
    }

    /// `nil`: all those for which no group was left.
    package var key: Key?
    package var count: UInt64 = 0
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0

    mutating func add(_ entry: LedgerEntry) {
        count &+= 1
        bytesIn &+= UInt64(max(0, entry.bytesIn))
        bytesOut &+= UInt64(max(0, entry.bytesOut))
    }
}

/// Denials that were counted instead of listed.
package struct DenialSuppression: Sendable, Equatable {
    /// `nil`: of several addresses together.
    package var address: String?
    package var count: UInt64
}

/// In what state a server found the ledger that it goes on with.
package struct LedgerOpening: Sendable, Equatable {
    /// Bytes of a line that was not finished, and was cut off.
    package var tornBytes: Int
    /// Whole lines at the end that no signature covered.
    package var unsignedLines: UInt64
    /// What was wrong with the file that was there.
    package var fault: String?
    /// How allowed requests are kept from here on.
    package var allowed: String

    var isRecovery: Bool { tornBytes > 0 || unsignedLines > 0 || fault != nil }
}
