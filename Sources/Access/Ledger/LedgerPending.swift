// SPDX-License-Identifier: Apache-2.0
package import Inference

/// What requests have handed over and the writer has not taken. Pure: ``LedgerWriter`` locks around it.
package struct LedgerPending: ~Copyable, Sendable {
    package enum Outcome: Sendable, Equatable {
        /// - Parameter wakes: whether the writer has to be told: it sleeps as long as there is nothing to do.
        case taken(wakes: Bool)
        case refused
    }

    package private(set) var lines = LedgerBuffer(capacity: 64 << 10)
    package private(set) var isFailing = false
    package var isStopping = false
    private var policy: LedgerPolicy
    private var printer = LedgerLinePrinter()
    private var lost: UInt64 = 0
    private var refused: UInt64 = 0
    private let limit: Int
    private let onFailure: LedgerSettings.FailurePolicy

    package init(limit: Int, onFailure: LedgerSettings.FailurePolicy, policy: consuming LedgerPolicy) {
        self.limit = limit
        self.onFailure = onFailure
        self.policy = policy
    }

    /// Whether the writer should not wait for more lines to come.
    package var isUrgent: Bool { lines.count >= min(256 << 10, limit / 2) }

    package var isEmpty: Bool { lines.isEmpty }

    package var due: MonotonicTime? { policy.due }

    package mutating func append(_ entry: LedgerEntry, now: () -> MonotonicTime) -> Outcome {
        if isFailing, onFailure == .refuse {
            refused &+= 1
            return .refused
        }
        let hadDue = policy.due != nil
        guard policy.admit(entry, now: now) else {
            return .taken(wakes: !hadDue && policy.due != nil)
        }
        // What a line may come to, so that none has to be taken back.
        guard lines.count + LedgerLinePrinter.contentLimit + 4 <= limit else {
            guard onFailure == .proceed else {
                refused &+= 1
                return .refused
            }
            lost &+= 1
            return .taken(wakes: false)
        }
        let (wasEmpty, wasUrgent) = (isEmpty, isUrgent)
        frame { $0.print(entry, into: &$1) }
        return .taken(wakes: wasEmpty || (!wasUrgent && isUrgent))
    }

    /// Swaps what is there for `empty`, with what is due to be told of lines that there are not behind it.
    /// - Parameter empty: an empty buffer, whose memory is used from now on.
    package mutating func take(
        into empty: inout LedgerBuffer,
        now: MonotonicTime,
        time: WallClockTime
    ) {
        precondition(empty.isEmpty, "lines that were taken before are not written")
        for record in policy.takeDue(at: now, all: isStopping) {
            frame { $0.print(record, at: time, into: &$1) }
        }
        if !isFailing, lost > 0 || refused > 0 {
            let record = LedgerRecord.lost(lines: lost, refused: refused)
            frame { $0.print(record, at: time, into: &$1) }
            (lost, refused) = (0, 0)
        }
        swap(&lines, &empty)
    }

    package mutating func writingFailed() { isFailing = true }

    package mutating func writingSucceeded(isSpaceShort: Bool) {
        isFailing = false
        policy.isSpaceShort = isSpaceShort
    }

    /// Whether there is a line to write about lines that there are not.
    package var hasLost: Bool { !isFailing && (lost > 0 || refused > 0) }

    /// Each line's content stands behind its length in four bytes.
    private mutating func frame(_ print: (inout LedgerLinePrinter, inout LedgerBuffer) -> Void) {
        let start = lines.count
        withUnsafeBytes(of: UInt32(0)) { lines.append($0) }
        print(&printer, &lines)
        lines.patch(UInt32(lines.count - start - 4), at: start)
    }
}
