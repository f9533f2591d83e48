// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// Queues the requests of one version of a model and runs them on its instances.
///
/// Every instance has a thread, which takes the next batch when it is idle; there is no batcher thread. What is
/// decided is decided by ``SchedulerState``; this class locks, wakes and hands over. ``step(instance:)`` does not care
/// which thread it is on, so that an idle instance may one day be driven by the thread that enqueued.
///
/// The threads keep the scheduler alive until ``stop()``, which must be called.
package final class ModelScheduler: AnswerOutlet, QueueTimerClient {
    private struct Shutdown {
        /// Instance threads, and runs of a decoupled model that have requests without an end.
        var running: Int
        var waiting: [@Sendable () -> Void] = []
    }

    private struct OrderedAnswer {
        var event: ResponseEvent
        var sink: any ResponseSink
    }

    let observer: any ExecutionObserver
    private let instances: [any EngineInstance]
    private let parkers: [Parker]
    private let inline: Mutex<InlinePolicy>
    private let isDecoupled: Bool
    private let preservesOrder: Bool
    private let state: Mutex<SchedulerState>
    private let order = Mutex(ResponseOrder<OrderedAnswer>())
    private let shutdown: Mutex<Shutdown>
    private let hasAllThreads = Atomic<Bool>(true)

    /// - Parameter instances: at least one.
    package init(
        settings: SchedulerSettings,
        instances: [any EngineInstance],
        observer: any ExecutionObserver
    ) {
        precondition(!instances.isEmpty, "a scheduler needs an instance to run on")
        self.observer = observer
        self.instances = instances
        parkers = instances.map { _ in Parker() }
        isDecoupled = settings.isDecoupled
        preservesOrder = settings.batching?.preserveOrdering ?? false
        state = Mutex(SchedulerState(settings))
        // A thread that waits for a point in time can wake by itself while its instance is lent; where no delay is
        // configured, none does.
        let canLend = settings.batching.map { $0.maxQueueDelayMicroseconds == 0 } ?? true
        inline = Mutex(InlinePolicy(limitNanoseconds: canLend ? settings.inlineLimitNanoseconds : 0))
        shutdown = Mutex(Shutdown(running: instances.count))
        for (instance, parker) in zip(instances, parkers) {
            instance.onUsable { [weak parker] in parker?.wake(at: .now()) }
        }
        let started = instances.indices.prefix { index in
            settings.threads.start(name: "\(settings.threadNamePrefix)-\(index)") { [self] in
                runInstance(index, spinNanoseconds: settings.spinNanoseconds)
            }
        }
        guard started.count < instances.count else { return }
        hasAllThreads.store(false, ordering: .relaxed)
        for _ in started.count..<instances.count { holderLeft() }
    }

    /// `false`: the system refused a thread. Then the scheduler is of no use and must be stopped.
    package var isSound: Bool { hasAllThreads.load(ordering: .relaxed) }

    /// Requests that wait for an instance.
    package var pendingCount: Int { state.withLock { $0.pendingCount } }

    /// Returns at once. Everything, a refusal too, is told to the request's sink.
    package func enqueue(_ scheduled: ScheduledRequest) {
        let result = state.withLock { state -> Result<SchedulerState.Enqueued, ServingError> in
            do throws(ServingError) {
                return .success(try state.requestArrived(scheduled))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let enqueued):
            if let instance = enqueued.wake { start(instance, for: scheduled) }
            if let time = enqueued.armTimer { QueueTimer.shared.arm(self, at: time) }
            if let displaced = enqueued.displaced { drop(displaced, at: scheduled.enqueued) }
        case .failure(let error):
            drop(DroppedRequest(scheduled: scheduled, error: error), at: scheduled.enqueued)
        }
    }

    /// Takes no more requests, runs those that are queued, then ends the threads. May be called more than once.
    package func stop() async {
        await withCheckedContinuation { continuation in
            stop { continuation.resume() }
        }
    }

    /// - Parameter drained: called when the last thread has run its last batch, possibly on that thread, and the last
    ///   request of a decoupled model has ended.
    package func stop(whenDrained drained: @escaping @Sendable () -> Void) {
        let isDrained = shutdown.withLock { shutdown in
            if shutdown.running > 0 { shutdown.waiting.append(drained) }
            return shutdown.running == 0
        }
        let idle = state.withLock { $0.stop() }
        let now = MonotonicTime.now()
        for instance in idle { parkers[instance].wake(at: now) }
        if isDrained { drained() }
    }

    private func runInstance(_ index: Int, spinNanoseconds: UInt64) {
        var spin = SpinBudget(limit: spinNanoseconds)
        while true {
            switch step(instance: index) {
            case .ran: continue
            case .wait(let until): parkers[index].wait(until: until, spin: &spin)
            case .exit:
                holderLeft()
                return
            }
        }
    }

    /// Gets an idle instance going: on the thread that submitted the request if that may be lent, or on its own.
    private func start(_ instance: Int, for scheduled: ScheduledRequest) {
        guard let lender = scheduled.request.fields.lender else {
            return parkers[instance].wake(at: scheduled.enqueued)
        }
        if inline.withLock({ $0.allowsInline }) {
            lender.atEndOfTurn { [self] in runLent(instance, by: lender) }
        } else {
            // What the loop reads in the same turn comes along.
            lender.atEndOfTurn { [self] in parkers[instance].wake(at: .now()) }
        }
    }

    /// Does the work of an instance's thread, which sleeps meanwhile, on a lent one.
    private func runLent(_ instance: Int, by lender: any TurnLender) {
        let began = MonotonicTime.now()
        let limit = inline.withLock(\.limitNanoseconds)
        var count = 0
        while true {
            switch step(instance: instance, onLentThread: true) {
            case .ran(let more, let contendedCount):
                count += more
                if let contendedCount, count >= contendedCount {
                    lender.inNextTurn { [self] in runLent(instance, by: lender) }
                    return
                }
                let now = MonotonicTime.now()
                guard now.nanoseconds(since: began) >= limit else { continue }
                parkers[instance].wake(at: now)
                return
            case .wait(until: nil): return
            case .wait, .exit:
                parkers[instance].wake(at: .now())
                return
            }
        }
    }

    private enum StepResult {
        case ran(Int, contendedCount: Int?)
        case exit
        case wait(until: MonotonicTime?)
    }

    private func step(instance: Int, onLentThread: Bool = false) -> StepResult {
        let now = MonotonicTime.now()
        if !instances[instance].isUsable, leavesWork(of: instance, at: now) { return .wait(until: nil) }
        var dropped: [DroppedRequest] = []
        let (step, rest, contendedCount) = state.withLock { state in
            let contendedCount = onLentThread ? state.contendedCount : nil
            let step = state.nextStep(for: instance, now: now, countLimit: contendedCount ?? .max, dropped: &dropped)
            guard case .run = step, contendedCount == nil else { return (step, Int?.none, contendedCount) }
            return (step, state.instanceToWakeForRest(), nil)
        }
        if let rest { parkers[rest].wake(at: now) }
        for one in dropped { drop(one, at: now) }
        switch step {
        case .run(let requests, let firstTicket):
            if isDecoupled { shutdown.withLock { $0.running += 1 } }
            let run = BatchRun(
                requests,
                firstTicket: firstTicket,
                started: now,
                isDecoupled: isDecoupled,
                outlet: self
            )
            let nanoseconds = run.execute(on: instances[instance])
            inline.withLock { $0.executed(nanoseconds: nanoseconds, onLentThread: onLentThread) }
            return .ran(requests.count, contendedCount: contendedCount)
        case .wait(let until): return .wait(until: until)
        case .exit: return .exit
        }
    }

    /// An instance that has lost its worker leaves the work to the others; it is woken when it has the next one.
    private func leavesWork(of instance: Int, at now: MonotonicTime) -> Bool {
        let (goesAway, wake) = state.withLock { $0.instanceFailed(instance, of: instances.count) }
        if let wake { parkers[wake].wake(at: now) }
        // It may have got one since it was asked, and nobody would wake it for that again.
        return goesAway && !instances[instance].isUsable
    }

    func decoupledRunEnded() { holderLeft() }

    private func holderLeft() {
        let waiting = shutdown.withLock { shutdown -> [@Sendable () -> Void] in
            shutdown.running -= 1
            guard shutdown.running == 0 else { return [] }
            defer { shutdown.waiting = [] }
            return shutdown.waiting
        }
        for drained in waiting { drained() }
    }

    private func drop(_ dropped: DroppedRequest, at time: MonotonicTime) {
        observer.requestDropped(dropped.scheduled, error: dropped.error, at: time)
        dropped.scheduled.sink.receive(.failed(dropped.error))
    }

    func timerFired(now: MonotonicTime) -> MonotonicTime? {
        var dropped: [DroppedRequest] = []
        let again = state.withLock { $0.sweep(now: now, dropped: &dropped) }
        for one in dropped { drop(one, at: now) }
        return again
    }

    func send(_ event: ResponseEvent, to sink: any ResponseSink, ticket: UInt64) {
        guard preservesOrder else {
            sink.receive(event)
            return
        }
        let answer = OrderedAnswer(event: event, sink: sink)
        guard order.withLock({ $0.arrived(answer, ticket: ticket, isEnd: event.isEnd) }) else { return }
        while let answers = order.withLock({ $0.nextToDeliver() }) {
            for one in answers { one.sink.receive(one.event) }
        }
    }
}
