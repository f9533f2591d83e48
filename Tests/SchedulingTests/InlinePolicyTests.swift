// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Inference
import Synchronization
import Testing

@testable import Scheduling

@Suite struct InlinePolicyTests {
    private static func proven(limit: UInt64 = 100, nanoseconds: UInt64 = 50) -> InlinePolicy {
        var policy = InlinePolicy(limitNanoseconds: limit)
        for _ in 0..<8 { policy.executed(nanoseconds: nanoseconds, onLentThread: false) }
        return policy
    }

    @Test func aModelHasToBeMeasuredFirst() {
        var policy = InlinePolicy(limitNanoseconds: 100)
        for _ in 0..<7 {
            policy.executed(nanoseconds: 1, onLentThread: false)
            #expect(!policy.allowsInline)
        }
        policy.executed(nanoseconds: 1, onLentThread: false)
        #expect(policy.allowsInline)
    }

    @Test(arguments: [(UInt64(100), true), (101, false)]) func theLimit(nanoseconds: UInt64, isAllowed: Bool) {
        #expect(Self.proven(nanoseconds: nanoseconds).allowsInline == isAllowed)
    }

    @Test func noLimitMeansNever() {
        #expect(!Self.proven(limit: 0, nanoseconds: 0).allowsInline)
    }

    @Test func oneSlowExecutionWithinToleranceIsForgiven() {
        var policy = Self.proven(nanoseconds: 1)
        policy.executed(nanoseconds: 100, onLentThread: true)
        #expect(policy.allowsInline)
    }

    @Test func aBrokenPromiseMeansALongerTrialEachTime() {
        var policy = Self.proven(nanoseconds: 1)
        for trial in [64, 512] {
            policy.executed(nanoseconds: 100 * 21, onLentThread: true)
            for _ in 0..<(trial - 1) {
                policy.executed(nanoseconds: 1, onLentThread: false)
                #expect(!policy.allowsInline)
            }
            policy.executed(nanoseconds: 1, onLentThread: false)
            #expect(policy.allowsInline)
        }
    }

    @Test func hostileDurationsDoNotOverflow() {
        var policy = Self.proven()
        for _ in 0..<100 { policy.executed(nanoseconds: .max, onLentThread: true) }
        #expect(!policy.allowsInline)
    }
}

@Suite struct LentThreadTests {
    /// A thread that runs what it is given when its turn is over, like an event loop.
    private final class Loop: TurnLender {
        let queue = DispatchQueue(label: "loop")
        let turns = Atomic<Int>(0)

        func atEndOfTurn(_ work: @escaping @Sendable () -> Void) {
            turns.add(1, ordering: .relaxed)
            queue.async(execute: work)
        }

        func inNextTurn(_ work: @escaping @Sendable () -> Void) {
            turns.add(1, ordering: .relaxed)
            queue.async { [queue] in queue.async(execute: work) }
        }
    }

    private final class Instance: EngineInstance {
        let running = Atomic<Int>(0)
        let overlaps = Atomic<Int>(0)

        func execute(_ batch: ExecutionBatch) {
            if running.add(1, ordering: .sequentiallyConsistent).oldValue != 0 { overlaps.add(1, ordering: .relaxed) }
            for index in batch.requests.indices { batch.respond(toRequestAt: index, outputs: []) }
            running.subtract(1, ordering: .sequentiallyConsistent)
        }
    }

    @Test(arguments: [(false, 1), (true, 1), (true, 2)], [1, 2])
    func nothingIsLostAndNoInstanceRunsTwiceAtOnce(
        subject: (isBatching: Bool, principals: Int),
        loopCount: Int
    ) async {
        let isBatching = subject.isBatching
        let instances = [Instance(), Instance()]
        var settings = SchedulerSettings(maxBatchSize: isBatching ? 8 : 0, batching: isBatching ? makeBatching() : nil)
        settings.inlineLimitNanoseconds = 10_000_000
        let scheduler = ModelScheduler(settings: settings, instances: instances, observer: NoTrace())
        let loops = (0..<loopCount).map { _ in Loop() }
        let total = 20_000
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for loop in loops {
                group.addTask {
                    for index in 0..<(total / loopCount) {
                        loop.queue.async {
                            scheduler.enqueue(
                                makeScheduled("\(index)", sink: RecordingSink { _ in counter.add() }) {
                                    $0.lender = loop
                                    $0.principal = Principal(name: "\(index % subject.principals)")
                                }
                            )
                        }
                    }
                }
            }
        }
        for _ in 0..<1000 where counter.value < total { try? await Task.sleep(for: .milliseconds(10)) }
        #expect(counter.value == total)
        #expect(instances.allSatisfy { $0.overlaps.load(ordering: .relaxed) == 0 })
        // One at a time, so that each meets an idle instance.
        for index in 0..<50 {
            await withCheckedContinuation { continuation in
                loops[0].queue.async {
                    let sink = RecordingSink { _ in continuation.resume() }
                    scheduler.enqueue(makeScheduled("\(index)", sink: sink) { $0.lender = loops[0] })
                }
            }
        }
        #expect(loops[0].turns.load(ordering: .relaxed) > 0, "no execution was ever lent a thread")
        await scheduler.stop()
    }

    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)

        func add() { count.add(1, ordering: .relaxed) }

        var value: Int { count.load(ordering: .relaxed) }
    }
}
