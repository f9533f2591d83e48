// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// The audit log of a running server. Requests hand their lines over before they are answered; a thread of its own has
/// them in the file within 100 ms.
package final class LedgerWriter: Sendable {
    private let pending: Mutex<LedgerPending>
    private let failing = Atomic(false)
    /// What there is room for is promised, until the writer has looked for more.
    private let full = Atomic(false)
    private let bell = LedgerBell()
    private let outbox: CheckpointOutbox
    private let report: @Sendable (LedgerEvent) -> Void
    private let thread = Mutex<LedgerThread?>(nil)
    private let onFailure: LedgerSettings.FailurePolicy

    /// Opens the ledger, or begins one, and starts to write.
    /// - Parameters:
    ///   - sinks: where checkpoints go besides the ledger.
    ///   - report: what the operator should hear; called from the ledger's threads.
    /// - Throws: `.unavailable` if it cannot be written, or another server does.
    package init(
        settings: LedgerSettings,
        key: LedgerKey,
        sinks: [any CheckpointSink] = [],
        report: @escaping @Sendable (LedgerEvent) -> Void
    ) throws(ServingError) {
        var generator = SystemRandomNumberGenerator()
        let policy = LedgerPolicy(allowed: settings.allowed, denials: settings.denials, seed: generator.next())
        pending = Mutex(LedgerPending(settings: settings, policy: policy))
        self.report = report
        onFailure = settings.onFailure
        do throws(LedgerFailure) {
            let outbox = try CheckpointOutbox(sinks: sinks, report: report)
            self.outbox = outbox
            do throws(LedgerFailure) { try start(settings: settings, key: key) } catch {
                outbox.stop()
                throw error
            }
        } catch {
            throw error.servingError
        }
    }

    /// Hands a line over. Takes no longer than printing it does.
    /// - Throws: `.unavailable` if the ledger cannot be written, unless requests are to go on without.
    package func append(_ entry: LedgerEntry) throws(ServingError) {
        let (outcome, isFull) = pending.withLock { ($0.append(entry, now: MonotonicTime.now), $0.isFull) }
        if isFull { full.store(true, ordering: .relaxed) }
        switch outcome {
        case .taken(let wakes): if wakes { bell.ring() }
        case .refused: throw Self.refusal
        }
    }

    /// Promises a line, before something is done that will have to be recorded.
    /// - Throws: `.unavailable` if it could not be written.
    package func check() throws(ServingError) {
        if onFailure == .refuse, isFailing || full.load(ordering: .relaxed) { throw Self.refusal }
    }

    /// Whether the last attempt to write failed.
    package var isFailing: Bool { failing.load(ordering: .relaxed) }

    /// Writes what was handed over, signs it, and ends. What is handed over later is not written.
    package func stop() {
        pending.withLock { $0.isStopping = true }
        bell.ring()
        thread.withLock { thread in
            defer { thread = nil }
            return thread
        }?.join()
        outbox.stop()
    }

    private static let refusal = ServingError(
        .unavailable,
        "the audit log cannot be written",
        reason: .rejected
    )

    // MARK: The writer's thread

    private func start(settings: LedgerSettings, key: LedgerKey) throws(LedgerFailure) {
        let outbox = outbox
        let journal = Mutex<LedgerJournal?>(
            try LedgerJournal.open(settings: settings, key: key) { outbox.send($0) }
        )
        let started = try LedgerThread(name: "ledger") { [self] in
            guard let journal = journal.withLock({ $0.take() }) else { return }
            run(journal)
        }
        thread.withLock { $0 = started }
    }

    private func run(_ owned: consuming LedgerJournal) {
        var journal = owned
        var spare = LedgerBuffer(capacity: 64 << 10)
        var pace = LedgerPace()
        while true {
            let view = pending.withLock { pending in
                LedgerPace.View(
                    hasLines: !pending.isEmpty || pending.hasLost,
                    isUrgent: pending.isUrgent,
                    isStopping: pending.isStopping,
                    due: [pending.due, journal.due].compactMap(\.self).min()
                )
            }
            if case .sleep(let until) = pace.next(view, now: .now()) {
                bell.wait(until: until)
                continue
            }
            let isWritten = write(&journal, spare: &spare, isLast: view.isStopping)
            if view.isStopping { return }
            if isWritten { pace.worked() } else { pace.failed(at: .now()) }
        }
    }

    /// - Returns: whether it could be written.
    private func write(_ journal: inout LedgerJournal, spare: inout LedgerBuffer, isLast: Bool) -> Bool {
        let (now, time) = (MonotonicTime.now(), WallClockTime.now())
        do throws(LedgerFailure) {
            if isFailing { try journal.listFiles() }
            // Lines of an attempt that failed come first.
            try journal.advance(now: now, time: time)
            spare.removeAll()
            pending.withLock { $0.take(into: &spare, now: now, time: time) }
            journal.accept(&spare)
            if isLast {
                try journal.close(now: now, time: time)
            } else {
                try journal.advance(now: now, time: time)
            }
            // What was promised is written; nothing more is promised without room for it.
            let room = try journal.room(time: time)
            let isShort = journal.isSpaceShort(time: time)
            let isFull = pending.withLock { pending in
                pending.writingSucceeded(room: room.bytes, isSpaceShort: isShort)
                return pending.isFull
            }
            full.store(isFull, ordering: .relaxed)
            if let shortage = room.shortage { throw shortage }
        } catch {
            if !failing.exchange(true, ordering: .relaxed) { report(.failing(reason: error.reason)) }
            pending.withLock { $0.writingFailed() }
            return false
        }
        if failing.exchange(false, ordering: .relaxed) { report(.working) }
        return true
    }
}
