// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization
import Testing

@testable import Scheduling

/// Requests that are answered by whoever has their senders, when `execute` has long returned.
@Suite struct DecoupledTests {
    private final class Kept: Sendable {
        private let senders = Mutex<[ResponseSender]>([])

        func keep(_ batch: ExecutionBatch) {
            let taken = batch.requests.indices.map { batch.sender(forRequestAt: $0) }
            senders.withLock { $0 += taken }
        }

        var all: [ResponseSender] { senders.withLock { $0 } }
        func dropAll() {
            let dropped = senders.withLock { senders in
                defer { senders = [] }
                return senders
            }
            withExtendedLifetime(dropped) {}
        }
    }

    private let counter = Counter()
    private let kept = Kept()

    private func scheduler(
        maxBatchSize: Int = 0,
        batching: DynamicBatching? = nil,
        _ body: @escaping @Sendable (ExecutionBatch) -> Void
    ) -> ModelScheduler {
        var settings = SchedulerSettings(maxBatchSize: maxBatchSize, batching: batching)
        settings.isDecoupled = true
        return ModelScheduler(settings: settings, instances: [ScriptedInstance(body)], observer: counter)
    }

    private static let part = InferenceResponse(outputs: [])

    @Test func requestsMayEndLater() async {
        let kept = kept
        let scheduler = scheduler { batch in
            kept.keep(batch)
            kept.all[0].send(Self.part)
        }
        let sink = RecordingSink()
        scheduler.enqueue(scheduledNow(sink: sink))
        #expect(await eventually { sink.received.count == 1 })
        #expect(sink.ends == 0 && counter.counts.executions == 0)
        kept.all[0].send(Self.part)
        kept.all[0].complete()
        kept.all[0].send(Self.part)
        #expect(sink.received.count == 3 && sink.ends == 1)
        #expect(await eventually { counter.counts.executions == 1 })
        #expect(counter.counts.succeeded == 1 && counter.counts.responses == 3)
        await scheduler.stop()
    }

    @Test func stoppingWaitsForTheLastEnd() async {
        let kept = kept
        let scheduler = scheduler { kept.keep($0) }
        let sink = RecordingSink()
        scheduler.enqueue(scheduledNow(sink: sink))
        #expect(await eventually { kept.all.count == 1 })
        let isDrained = Mutex(false)
        scheduler.stop(whenDrained: { isDrained.withLock { $0 = true } })
        try? await Task.sleep(for: .milliseconds(50))
        #expect(!isDrained.withLock { $0 })
        kept.all[0].send(Self.part, isFinal: true)
        #expect(await eventually { isDrained.withLock { $0 } })
        #expect(sink.ends == 1 && sink.error == nil)
    }

    @Test func aSenderThatIsLetGoOfFailsItsRequest() async {
        let kept = kept
        let scheduler = scheduler { kept.keep($0) }
        let sink = RecordingSink()
        scheduler.enqueue(scheduledNow("r", sink: sink))
        #expect(await eventually { kept.all.count == 1 })
        kept.all[0].send(Self.part)
        kept.dropAll()
        #expect(await eventually { sink.ends == 1 })
        #expect(sink.error?.message == "[request id: r] the model did not answer the request")
        await scheduler.stop()
        #expect(counter.counts.failed == [.backend: 1] && counter.counts.succeeded == 0)
    }

    @Test func aRequestWithoutASenderFailsWhenTheEngineReturns() async {
        let kept = kept
        let batching = DynamicBatching()
        let scheduler = scheduler(maxBatchSize: 2, batching: batching) { batch in
            _ = kept
            if batch.requests[0].request.fields.id == "kept" { kept.keep(batch) }
        }
        let (forgotten, held) = (RecordingSink(), RecordingSink())
        scheduler.enqueue(scheduledNow("forgotten", sink: forgotten))
        #expect(await eventually { forgotten.ends == 1 })
        scheduler.enqueue(scheduledNow("kept", sink: held))
        #expect(await eventually { kept.all.count == 1 })
        #expect(forgotten.error?.code == .internalError && held.ends == 0)
        kept.all[0].complete()
        await scheduler.stop()
        #expect(counter.counts.failed == [.backend: 1] && counter.counts.succeeded == 1)
    }

    @Test(arguments: [false, true])
    func aCancelledRequestIsToldNothingMoreButThat(endsInSuccess: Bool) async {
        let kept = kept
        let scheduler = scheduler { kept.keep($0) }
        let sink = RecordingSink()
        let scheduled = scheduledNow(sink: sink)
        scheduler.enqueue(scheduled)
        #expect(await eventually { kept.all.count == 1 })
        kept.all[0].send(Self.part)
        scheduled.request.cancel()
        #expect(kept.all[0].isCancelled)
        kept.all[0].send(Self.part)
        #expect(sink.received.count == 1)
        if endsInSuccess { kept.all[0].complete() } else { kept.dropAll() }
        #expect(sink.received.count == 2 && sink.error?.code == .cancelled && sink.error?.reason == .cancelled)
        await scheduler.stop()
        #expect(counter.counts.failed == [.cancelled: 1])
    }

    @Test func answersOfManyThreadsAllArrive() async {
        let (requests, perRequest) = (200, 50)
        let scheduler = scheduler { batch in
            let sender = batch.sender(forRequestAt: 0)
            Task.detached {
                for _ in 0..<perRequest { sender.send(Self.part) }
                sender.complete()
            }
        }
        let sinks = (0..<requests).map { _ in RecordingSink() }
        for sink in sinks { scheduler.enqueue(scheduledNow(sink: sink)) }
        await scheduler.stop()
        #expect(sinks.allSatisfy { $0.received.count == perRequest + 1 && $0.ends == 1 && $0.error == nil })
        #expect(counter.counts.succeeded == requests && counter.counts.executions == requests)
    }
}
