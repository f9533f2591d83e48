// SPDX-License-Identifier: Apache-2.0
import Scheduling
import Synchronization
import Testing

@testable import Serving

@Suite("Threads for loading") struct LoadThreadsTests {
    private final class Tally: Sendable {
        let state = Mutex((running: 0, most: 0, done: 0))
    }

    @Test("run every job, and no more at once than they may", arguments: [1, 3])
    func limit(count: Int) async {
        let (threads, tally) = (LoadThreads(limit: count, threads: InstanceThreads(limit: 64)), Tally())
        await withCheckedContinuation { continuation in
            for _ in 0..<40 {
                threads.run(isNested: false) {
                    tally.state.withLock { ($0.running, $0.most) = ($0.running + 1, max($0.most, $0.running + 1)) }
                    for _ in 0..<1000 { _ = tally.state.withLock { $0.done } }
                    let isLast = tally.state.withLock { state in
                        state.running -= 1
                        state.done += 1
                        return state.done == 40
                    }
                    if isLast { continuation.resume() }
                }
            }
        }
        #expect(tally.state.withLock { $0.most } <= count)
    }

    @Test("have one for a job that another one waits for, also where there are no more to be had", arguments: [1, 64])
    func nested(available: Int) async {
        let threads = LoadThreads(limit: 1, threads: InstanceThreads(limit: available))
        await withCheckedContinuation { continuation in
            threads.run(isNested: false) {
                let done = Done()
                threads.run(isNested: true) { done.value.withLock { $0 = true } }
                while !done.value.withLock({ $0 }) {}
                continuation.resume()
            }
        }
    }

    private final class Done: Sendable { let value = Mutex(false) }
}
