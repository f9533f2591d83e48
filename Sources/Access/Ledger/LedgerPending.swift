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
    /// Bytes of lines that could still be promised when the writer last looked; for promises that were given by then,
    /// `keptBytes` lie behind them.
    private var room = Int.max
    private let keptBytes: Int
    /// What the lines take in the files that were handed over since, and of these what the writer has taken.
    private var unwritten = 0
    private var taken = 0
    private let limit: Int
    private let checkpointShare: Int
    private let onFailure: LedgerSettings.FailurePolicy

    package init(settings: LedgerSettings, policy: consuming LedgerPolicy) {
        limit = settings.pendingBytes
        checkpointShare = LedgerCheckpoint.roughBytes / max(1, settings.checkpointLines)
        keptBytes = settings.keptForRequests
        onFailure = settings.onFailure
        self.policy = policy
    }

    /// Whether the writer should not wait for more lines to come.
    package var isUrgent: Bool { isFull || lines.count >= min(256 << 10, limit / 2) }

    /// Whether no more lines should be promised, as far as is known until the writer looks again.
    package var isFull: Bool { unwritten >= room }

    package var isEmpty: Bool { lines.isEmpty }

    package var due: MonotonicTime? { policy.due }

    package mutating func append(_ entry: LedgerEntry, now: () -> MonotonicTime) -> Outcome {
        // Whoever was let in before has been promised a line.
        if isFailing, onFailure == .refuse, entry.decision == .deny {
            refused &+= 1
            return .refused
        }
        let hadDue = policy.due != nil
        guard policy.admit(entry, now: now) else {
            return .taken(wakes: !hadDue && policy.due != nil)
        }
        // What a line may come to, so that none has to be taken back.
        let isRoom = unwritten - keptBytes < room
        guard isRoom, lines.count + LedgerLinePrinter.contentLimit + 4 <= limit else {
            guard onFailure == .proceed else {
                // What was allowed has been done.
                if entry.decision == .deny { refused &+= 1 } else { lost &+= 1 }
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
        if hasLost || isStopping && (lost > 0 || refused > 0) {
            let record = LedgerRecord.lost(lines: lost, refused: refused)
            frame { $0.print(record, at: time, into: &$1) }
            (lost, refused) = (0, 0)
        }
        swap(&lines, &empty)
        taken = unwritten
    }

    package mutating func writingFailed() { isFailing = true }

    /// Everything is written that was taken.
    /// - Parameter room: bytes of lines that may be promised.
    package mutating func writingSucceeded(room: Int, isSpaceShort: Bool) {
        isFailing = false
        self.room = room
        unwritten -= taken
        taken = 0
        policy.isSpaceShort = isSpaceShort
    }

    /// Whether there is a line to write about lines that there are not.
    package var hasLost: Bool { !isFailing && (lost > 0 || refused > 0) }

    /// Each line's content stands behind its length in four bytes.
    private mutating func frame(_ print: (inout LedgerLinePrinter, inout LedgerBuffer) -> Void) {
        let start = lines.count
        withUnsafeBytes(of: UInt32(0)) { lines.append($0) }
        print(&printer, &lines)
        let count = lines.count - start - 4
        lines.patch(UInt32(count), at: start)
        // A sixteenth for where files begin and end.
        unwritten += (count + LedgerChain.overhead) * 17 / 16 + checkpointShare
    }
}
