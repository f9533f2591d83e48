// SPDX-License-Identifier: Apache-2.0
import Inference

/// What a model's scheduler knows and decides. Instances pull: one that is idle asks for the next batch, so requests
/// that meet only busy instances gather into larger batches by themselves.
struct SchedulerState {
    enum Step {
        /// Tickets count the requests that were ever taken, in the order in which they were.
        case run([ScheduledRequest], firstTicket: UInt64)
        /// Nothing to run. `until` is set for one idle instance at a time, which then looks again.
        case wait(until: MonotonicTime?)
        case exit
    }

    struct Enqueued {
        /// An idle instance to wake.
        var wake: Int?
        /// When ``sweep(now:)`` is to be called; `nil` if that is already arranged.
        var armTimer: MonotonicTime?
        /// What had to make room for it in a full queue.
        var displaced: DroppedRequest?
    }

    private let rules: BatchRules?
    private let compatibility: BatchCompatibility?
    private var queue: RequestQueue
    /// The one that fell idle last stands last and is woken first: its caches are warm, or it still spins.
    private var idle: [Int] = []
    /// The idle instance that waits for a point in time, with what would make it look earlier.
    private var timekeeper: (instance: Int, until: MonotonicTime, size: Int)?
    private var timer: MonotonicTime?
    /// Instances that cannot run now, and will say when they can.
    private var away: Set<Int> = []
    private var holdUntilQueued: Int
    private var isStopping = false
    private var nextTicket: UInt64 = 0

    init(_ settings: SchedulerSettings) {
        rules = settings.batching.map { BatchRules($0, maxBatchSize: settings.maxBatchSize) }
        compatibility = settings.compatibility
        queue = RequestQueue(batching: settings.batching, limits: settings.queueLimits)
        holdUntilQueued = settings.batching == nil ? 0 : settings.holdUntilQueued
    }

    var pendingCount: Int { queue.count }

    mutating func requestArrived(_ scheduled: ScheduledRequest) throws(ServingError) -> Enqueued {
        guard !isStopping else { throw .schedulerStopped(scheduled.request) }
        let appended = try queue.append(scheduled)
        let expiry = appended.expiry
        var result = Enqueued(displaced: appended.displaced)
        if let due = expiry?.advanced(byNanoseconds: 1), timer.map({ due < $0 }) ?? true {
            timer = due
            result.armTimer = due
        }
        result.wake = instanceToWake(for: expiry)
        return result
    }

    /// `instance` cannot run now: its worker is gone. It leaves the work to the others, unless there are none: then it has
    /// to refuse what comes.
    /// - Parameter count: of all instances.
    /// - Returns: whether it goes away, and whom to wake for what it would have run.
    mutating func instanceFailed(_ instance: Int, of count: Int) -> (goesAway: Bool, wake: Int?) {
        instanceAwoke(instance)
        guard !isStopping, away.count < count - 1 else { return (false, nil) }
        away.insert(instance)
        return (true, instanceToWakeForRest())
    }

    /// Requests that an event loop runs before it looks for more if several principals had turns lately; else `nil`.
    /// It could run all that it has read, but then each connection would get one answer a turn, and who has most of them
    /// most of the work.
    var contendedCount: Int? {
        guard queue.isContended else { return nil }
        // Few wait, mostly: then nobody's share need be looked at, and beyond a batch nobody asks.
        guard queue.count > Self.leastCount else { return Self.leastCount }
        return max(Self.leastCount, queue.evenCount(limit: rules?.maxBatchSize ?? Self.leastCount))
    }

    /// Fewer at once cost more than they are worth.
    private static let leastCount = 4

    /// What `instance`, which has nothing to run, does next.
    /// - Parameter countLimit: requests that it may be.
    mutating func nextStep(
        for instance: Int,
        now: MonotonicTime,
        countLimit: Int = .max,
        dropped: inout [DroppedRequest]
    ) -> Step {
        instanceAwoke(instance)
        if isHeld { return fallIdle(instance, until: nil, size: 0) }
        guard let rules else {
            guard let first = queue.takeFirst(now: now, dropped: &dropped) else { return nothingQueued(instance) }
            return run([first])
        }
        var formation = BatchFormation(rules, countLimit: countLimit)
        let change = queue.offer(to: &formation, compatibility: compatibility, now: now, dropped: &dropped)
        switch formation.decision(now: now) {
        case .empty: return nothingQueued(instance)
        case .send(let count): return run(queue.take(count))
        case .wait(let until, let size):
            if isStopping { return run(queue.take(queue.count)) }
            // Requests are dropped, or delayed, once the clock has passed their time.
            let due = QueueLevel.earlier(until, change?.advanced(byNanoseconds: 1))
            return fallIdle(instance, until: due, size: size)
        }
    }

    /// Whom to wake after a batch was taken: there may be enough left for another instance.
    mutating func instanceToWakeForRest() -> Int? {
        queue.isEmpty || isHeld ? nil : idle.popLast()
    }

    /// Drops what may no longer run while no instance is there to notice.
    /// - Returns: when to call again; `nil` until ``requestArrived(_:)`` asks for it.
    mutating func sweep(now: MonotonicTime, dropped: inout [DroppedRequest]) -> MonotonicTime? {
        timer = nil
        guard !queue.isEmpty else { return nil }
        var next = now
        if !isHeld {
            guard let earliest = queue.sweep(now: now, dropped: &dropped) else { return nil }
            next = earliest.advanced(byNanoseconds: 1)
        }
        // Looking at every request takes time under the lock: never more than a few percent of it.
        let pause = 1_000_000 + UInt64(queue.count) * 100
        timer = max(next, now.advanced(byNanoseconds: pause))
        return timer
    }

    /// - Returns: the idle instances, all of which must be woken to drain the queue or to exit.
    mutating func stop() -> [Int] {
        isStopping = true
        defer {
            idle = []
            away = []
        }
        return idle + away.sorted()
    }

    private var isHeld: Bool {
        mutating get {
            if isStopping || queue.count >= holdUntilQueued { holdUntilQueued = 0 }
            return holdUntilQueued > 0
        }
    }

    private mutating func instanceToWake(for expiry: MonotonicTime?) -> Int? {
        guard !idle.isEmpty, !isHeld else { return nil }
        guard let timekeeper else { return idle.popLast() }
        // Someone already waits for this batch to grow. It need not look as long as the batch is too small, unless the
        // new request may close the batch by its shape or has to leave before the time is up.
        let isSure = compatibility == nil && (expiry.map { $0 >= timekeeper.until } ?? true)
        return isSure && queue.batchSize < timekeeper.size ? nil : idle.popLast()
    }

    private mutating func instanceAwoke(_ instance: Int) {
        if timekeeper?.instance == instance { timekeeper = nil }
        away.remove(instance)
        if let index = idle.lastIndex(of: instance) { idle.remove(at: index) }
    }

    private mutating func run(_ requests: [ScheduledRequest]) -> Step {
        defer { nextTicket += UInt64(requests.count) }
        return .run(requests, firstTicket: nextTicket)
    }

    private mutating func nothingQueued(_ instance: Int) -> Step {
        isStopping ? .exit : fallIdle(instance, until: nil, size: 0)
    }

    private mutating func fallIdle(_ instance: Int, until: MonotonicTime?, size: Int) -> Step {
        idle.append(instance)
        guard let until else { return .wait(until: nil) }
        if let current = timekeeper, current.until <= until {
            timekeeper?.size = min(current.size, size)
            return .wait(until: nil)
        }
        timekeeper = (instance, until, size)
        return .wait(until: until)
    }
}
