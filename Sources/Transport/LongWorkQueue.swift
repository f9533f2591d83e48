// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
private import NIOPosix
private import Synchronization

/// Does what event loops have no time for, on as many threads as there are cores. What waits is bounded by the requests
/// that the gate has let in, each of which has at most one job here.
package final class LongWorkQueue: Sendable {
    private struct State: Sendable {
        var turns = TurnTaking<String, @Sendable () -> Void>()
        var running = 0
    }

    private let state = Mutex(State())
    private let limit = System.coreCount

    package init() {}

    package func add(of owner: String, _ job: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            state.turns.add(job, of: owner)
            guard state.running < limit else { return false }
            state.running += 1
            return true
        }
        if starts { NIOThreadPool.singleton.submit { _ in self.run() } }
    }

    private func run() {
        while let job = next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            let job = state.turns.next()
            if job == nil { state.running -= 1 }
            return job
        }
    }
}

/// Tells whoever works for a request elsewhere that nobody waits for it any more.
package final class Abandonment: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var isAbandoned: Bool { flag.load(ordering: .relaxed) }
    package func abandon() { flag.store(true, ordering: .relaxed) }
}
