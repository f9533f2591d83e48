// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// Hands checkpoints to their sinks on a thread of its own, so that no slow sink delays the ledger.
final class CheckpointOutbox: Sendable {
    private struct State {
        var waiting: [[UInt8]] = []
        var isStopping = false
    }

    /// Checkpoints that wait. Each covers all that those before it do, so the oldest goes first when there are more.
    private static let limit = 16

    private let sinks: [any CheckpointSink]
    private let report: @Sendable (LedgerEvent) -> Void
    private let state = Mutex(State())
    private let bell = LedgerBell()
    private let thread = Mutex<LedgerThread?>(nil)

    init(sinks: [any CheckpointSink], report: @escaping @Sendable (LedgerEvent) -> Void) throws(LedgerFailure) {
        self.sinks = sinks
        self.report = report
        guard !sinks.isEmpty else { return }
        let started = try LedgerThread(name: "ledger-sinks") { [self] in run() }
        thread.withLock { $0 = started }
    }

    func send(_ line: [UInt8]) {
        guard !sinks.isEmpty else { return }
        state.withLock { state in
            if state.waiting.count == Self.limit { state.waiting.removeFirst() }
            state.waiting.append(line)
        }
        bell.ring()
    }

    /// Returns once what waited was handed over, or could not be.
    func stop() {
        state.withLock { $0.isStopping = true }
        bell.ring()
        thread.withLock { thread in
            defer { thread = nil }
            return thread
        }?.join()
    }

    private func run() {
        while true {
            let (lines, isStopping) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isStopping)
            }
            for line in lines {
                for sink in sinks { send(line, to: sink) }
            }
            if lines.isEmpty {
                if isStopping { return }
                bell.wait(until: nil)
            }
        }
    }

    private func send(_ line: [UInt8], to sink: any CheckpointSink) {
        do throws(LedgerFailure) { try sink.send(line) } catch {
            report(.checkpointNotSent(sink: sink.name, reason: error.reason))
        }
    }
}
