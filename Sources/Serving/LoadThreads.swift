// SPDX-License-Identifier: Apache-2.0
private import Dispatch
internal import Scheduling
private import Synchronization

/// Threads for what blocks or computes while models are loaded. They are nobody else's: those of the system's queues are as
/// many as the machine has processors, and answer whether the server is up.
final class LoadThreads: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []

        /// - Returns: `nil` once nothing waits, and whoever asked is done.
        mutating func next() -> (@Sendable () -> Void)? {
            guard waiting.isEmpty else { return waiting.removeFirst() }
            running -= 1
            return nil
        }
    }

    private let limit: Int
    private let threads: InstanceThreads
    private let state = Mutex(State())

    /// - Parameter limit: jobs at once; the others wait for their turn.
    init(limit: Int, threads: InstanceThreads) {
        self.limit = limit
        self.threads = threads
    }

    /// - Parameter isNested: whether one of the jobs waits for this one, which then cannot wait for it.
    func run(isNested: Bool, _ job: @escaping @Sendable () -> Void) {
        guard !isNested else { return start(job) }
        let isFree = state.withLock { state in
            guard state.running < limit else {
                state.waiting.append(job)
                return false
            }
            state.running += 1
            return true
        }
        if isFree { start { [self] in work(job) } }
    }

    private func work(_ first: @Sendable () -> Void) {
        first()
        while let next = state.withLock({ $0.next() }) { next() }
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        guard !threads.start(name: "buckler-load", body: body) else { return }
        // There are no more threads to be had: better on somebody else's than never.
        DispatchQueue.global().async(execute: body)
    }
}
