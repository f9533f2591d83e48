// SPDX-License-Identifier: Apache-2.0

/// What the operator should hear of the ledger; said when it begins and when it ends, not for each line.
package enum LedgerEvent: Sendable, Equatable, CustomStringConvertible {
    case failing(reason: String)
    case working
    case checkpointNotSent(sink: String, reason: String)

    package var description: String {
        switch self {
        case .failing(let reason): "the audit log cannot be written: \(reason)"
        case .working: "the audit log is written again"
        case .checkpointNotSent(let sink, let reason): "a checkpoint of the audit log did not reach \(sink): \(reason)"
        }
    }
}
