// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization
import Testing

@testable import Scheduling

@Suite struct LiveSchedulerTests {
    @Test(arguments: [false, true], [1, 3])
    func nothingIsLostOrDoubled(isBatching: Bool, instanceCount: Int) async {
        let (threads, perThread) = (8, 12_500)
        var settings = SchedulerSettings(maxBatchSize: 16, batching: isBatching ? DynamicBatching() : nil)
        settings.queueLimits = .unlimited
        let counter = Counter()
        let instances = (0..<instanceCount).map { _ in ScriptedInstance { $0.answerAll() } }
        let scheduler = ModelScheduler(settings: settings, instances: instances, observer: counter)
        let sinks = (0..<threads).map { _ in (0..<perThread).map { _ in RecordingSink() } }
        await withTaskGroup(of: Void.self) { group in
            for mine in sinks {
                group.addTask {
                    for sink in mine { scheduler.enqueue(scheduledNow(sink: sink)) }
                }
            }
        }
        await scheduler.stop()
        let wrong = sinks.joined().count { $0.received.count != 1 || $0.error != nil }
        #expect(wrong == 0)
        let counts = counter.counts
        #expect(counts.succeeded == threads * perThread && counts.executedSize == threads * perThread)
        #expect(counts.outOfStep == 0)
        let largest = instances.flatMap(\.seen).map(\.count).max() ?? 0
        #expect(largest <= (isBatching ? 16 : 1))
        #expect(scheduler.pendingCount == 0)
    }

    @Test func orderIsPreservedAcrossInstances() async {
        let batching = makeBatching { $0.preserveOrdering = true }
        let order = Mutex<[Int]>([])
        let instances = (0..<3).map { lane in
            ScriptedInstance { batch in
                // Lanes of different speed overtake each other for certain.
                Parker().wait(until: .now().advanced(byNanoseconds: UInt64(lane) * 100_000))
                batch.answerAll()
            }
        }
        let settings = SchedulerSettings(maxBatchSize: 4, batching: batching)
        let scheduler = ModelScheduler(settings: settings, instances: instances, observer: NoTrace())
        for index in 0..<5000 {
            scheduler.enqueue(scheduledNow(sink: RecordingSink { _ in order.withLock { $0.append(index) } }))
        }
        await scheduler.stop()
        #expect(order.withLock { $0 } == Array(0..<5000))
    }

    @Test func whatGathersWhileBusyRunsAsOneBatch() async {
        let (started, release) = (Latch(), Latch())
        let isFirst = Atomic<Bool>(true)
        let instance = ScriptedInstance { batch in
            if isFirst.exchange(false, ordering: .relaxed) {
                started.open()
                release.wait()
            }
            batch.answerAll()
        }
        let settings = SchedulerSettings(maxBatchSize: 8, batching: DynamicBatching())
        let scheduler = ModelScheduler(settings: settings, instances: [instance], observer: NoTrace())
        scheduler.enqueue(scheduledNow("a", sink: RecordingSink()))
        started.wait()
        for id in ["b", "c", "d"] { scheduler.enqueue(scheduledNow(id, sink: RecordingSink(), batchSize: 2)) }
        #expect(scheduler.pendingCount == 3)
        release.open()
        await scheduler.stop()
        #expect(instance.seen == [["a"], ["b", "c", "d"]])
    }

    @Test func thePauseOfAnUnfinishedBatchEnds() async {
        let batching = makeBatching { $0.maxQueueDelayMicroseconds = 20_000 }
        let settings = SchedulerSettings(maxBatchSize: 8, batching: batching)
        let instance = ScriptedInstance()
        let scheduler = ModelScheduler(settings: settings, instances: [instance], observer: NoTrace())
        let sinks = (0..<3).map { _ in RecordingSink() }
        let began = MonotonicTime.now()
        for sink in sinks { scheduler.enqueue(scheduledNow("x", sink: sink)) }
        #expect(await eventually { sinks.allSatisfy { $0.ends == 1 } })
        #expect(MonotonicTime.now().nanoseconds(since: began) >= 20_000_000)
        await scheduler.stop()
        #expect(instance.seen == [["x", "x", "x"]])
    }

    @Test func timeoutsAndDeadlinesAreAnsweredWhileAllAreBusy() async {
        let (started, release) = (Latch(), Latch())
        let instance = ScriptedInstance { batch in
            if batch.requests.first?.request.fields.id == "blocker" {
                started.open()
                release.wait()
            }
            batch.answerAll()
        }
        let batching = makeBatching {
            $0.defaultQueuePolicy = QueuePolicy(defaultTimeoutMicroseconds: 3_600_000_000, allowTimeoutOverride: true)
        }
        let counter = Counter()
        let settings = SchedulerSettings(maxBatchSize: 8, batching: batching)
        let scheduler = ModelScheduler(settings: settings, instances: [instance], observer: counter)
        scheduler.enqueue(scheduledNow("blocker", sink: RecordingSink()))
        started.wait()
        let (timedOut, late, patient) = (RecordingSink(), RecordingSink(), RecordingSink())
        scheduler.enqueue(scheduledNow(sink: patient))
        scheduler.enqueue(scheduledNow(sink: timedOut) { $0.timeoutMicroseconds = 5000 })
        scheduler.enqueue(scheduledNow(sink: late) { $0.deadline = .now().advanced(byNanoseconds: 10_000_000) })
        #expect(await eventually { timedOut.ends == 1 && late.ends == 1 })
        #expect(timedOut.error == .queueTimeout)
        #expect(late.error?.code == .deadlineExceeded)
        #expect(patient.ends == 0 && scheduler.pendingCount == 1)
        release.open()
        await scheduler.stop()
        #expect(patient.ends == 1 && patient.error == nil)
        #expect(counter.counts.dropped == [.rejected: 2])
    }

    @Test func cancelledRequestsNeverRun() async {
        let (started, release) = (Latch(), Latch())
        let instance = ScriptedInstance { batch in
            if batch.requests.first?.request.fields.id == "blocker" {
                started.open()
                release.wait()
            }
            batch.answerAll()
        }
        let counter = Counter()
        let scheduler = ModelScheduler(
            settings: SchedulerSettings(maxBatchSize: 0),
            instances: [instance],
            observer: counter
        )
        scheduler.enqueue(scheduledNow("blocker", sink: RecordingSink()))
        started.wait()
        let sink = RecordingSink()
        let gone = scheduledNow("gone", sink: sink)
        scheduler.enqueue(gone)
        gone.request.cancel()
        release.open()
        await scheduler.stop()
        #expect(instance.seen == [["blocker"]])
        #expect(sink.received.count == 1 && sink.error?.code == .cancelled)
        #expect(counter.counts.dropped == [.cancelled: 1])
    }

    @Test func refusalsAreToldToTheSink() async {
        var settings = SchedulerSettings(maxBatchSize: 0)
        settings.queueLimits = QueueLimits(requests: 1024, bytes: 10)
        let scheduler = ModelScheduler(settings: settings, instances: [ScriptedInstance()], observer: NoTrace())
        let large = RecordingSink()
        scheduler.enqueue(makeScheduled("big", bytes: 11, sink: large))
        #expect(large.error?.message == "[request id: big] Exceeds maximum queue size")
        await scheduler.stop()
        await scheduler.stop()
        let late = RecordingSink()
        scheduler.enqueue(makeScheduled(sink: late))
        #expect(late.error?.code == .unavailable)
    }

    @Test func enginesThatForgetOrRepeatThemselves() async {
        let instance = ScriptedInstance { batch in
            batch.respond(toRequestAt: 0, outputs: [])
            batch.fail(requestAt: 0, ServingError(.internalError, "again"))
            batch.respond(toRequestAt: 99, outputs: [])
        }
        let batching = makeBatching { $0.maxQueueDelayMicroseconds = 10_000_000 }
        let counter = Counter()
        let settings = SchedulerSettings(maxBatchSize: 2, batching: batching)
        let scheduler = ModelScheduler(settings: settings, instances: [instance], observer: counter)
        let sinks = [RecordingSink(), RecordingSink()]
        for sink in sinks { scheduler.enqueue(scheduledNow(sink: sink)) }
        await scheduler.stop()
        #expect(sinks.map(\.received.count) == [1, 1])
        #expect(sinks[0].error == nil && sinks[1].error?.code == .internalError)
        #expect(counter.counts.succeeded == 1 && counter.counts.failed == [.backend: 1])
    }
}
