// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Scheduling

/// What becomes of a scheduler that does not get the threads that it asked for.
@Suite struct InstanceThreadsTests {
    private final class Instance: EngineInstance {
        func execute(_ batch: ExecutionBatch) {
            for index in batch.requests.indices { batch.respond(toRequestAt: index, outputs: []) }
        }
    }

    private final class Weak<Object: AnyObject> {
        weak var object: Object?
    }

    private static func scheduler(_ count: Int, on threads: InstanceThreads, first: Instance) -> ModelScheduler {
        var settings = SchedulerSettings(maxBatchSize: 0)
        settings.threads = threads
        let instances = [first] + (1..<count).map { _ in Instance() }
        return ModelScheduler(settings: settings, instances: instances, observer: NoTrace())
    }

    private static func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<1000 where !condition() { try? await Task.sleep(for: .milliseconds(5)) }
        return condition()
    }

    @Test(
        arguments: [(3, nil, true), (4, nil, false), (1, 1 << 62, false), (3, 1 << 62, false)] as [(Int, Int?, Bool)]
    )
    func aSchedulerWithoutAllItsThreadsSaysSoAndLeavesNothing(count: Int, stackBytes: Int?, isSound: Bool) async {
        let threads = InstanceThreads(limit: 3, stackBytes: stackBytes)
        let first = Weak<Instance>()
        let held = Weak<ModelScheduler>()
        do {
            let instance = Instance()
            let scheduler = Self.scheduler(count, on: threads, first: instance)
            first.object = instance
            held.object = scheduler
            #expect(scheduler.isSound == isSound)
            await scheduler.stop()
        }
        #expect(await Self.eventually { threads.runningCount == 0 })
        #expect(await Self.eventually { first.object == nil && held.object == nil })
    }

    @Test func whoeverHasThreadsKeepsThem() async {
        let threads = InstanceThreads(limit: 3)
        let served = Self.scheduler(2, on: threads, first: Instance())
        let refused = Self.scheduler(2, on: threads, first: Instance())
        #expect(served.isSound && !refused.isSound)
        await refused.stop()
        #expect(await Self.eventually { threads.runningCount == 2 })
        let sink = RecordingSink()
        served.enqueue(makeScheduled(sink: sink))
        #expect(await Self.eventually { sink.ends == 1 })
        let next = Self.scheduler(1, on: threads, first: Instance())
        #expect(next.isSound)
        await served.stop()
        await next.stop()
        #expect(await Self.eventually { threads.runningCount == 0 })
    }
}
