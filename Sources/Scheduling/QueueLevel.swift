// SPDX-License-Identifier: Apache-2.0
import DequeModule
import Inference

/// The requests of one priority level: those in time, in the order of their turns (``FairTurns``), then those that a
/// `delay` policy has put behind them.
struct QueueLevel {
    struct Entry {
        var scheduled: ScheduledRequest
        var turn: UInt64
        var timeout: MonotonicTime?
        var deadline: MonotonicTime?
    }

    /// What becomes of a request that is met in the queue.
    private enum Fate {
        case stays, delayed
        case dropped(ServingError)
    }

    let level: UInt64
    let policy: QueuePolicy
    /// A level of the configuration stays when it is empty; one that a request made goes with its last request.
    let isConfigured: Bool
    private var inTime: Deque<Entry> = []
    private var delayed: Deque<Entry> = []
    private var turns = FairTurns()

    init(level: UInt64, policy: QueuePolicy, isConfigured: Bool) {
        self.level = level
        self.policy = policy
        self.isConfigured = isConfigured
    }

    var count: Int { inTime.count + delayed.count }
    /// Whether several principals had turns lately.
    var isContended: Bool { turns.isContended }
    func evenCount(limit: Int) -> Int { turns.evenCount(limit: limit) }
    var isFull: Bool { policy.maxQueueSize != 0 && count >= policy.maxQueueSize }

    func entry(at index: Int) -> Entry {
        index < inTime.count ? inTime[index] : delayed[index - inTime.count]
    }

    /// - Returns: when the request will be answered with an error if it is still here; `nil` if never.
    mutating func append(_ scheduled: ScheduledRequest) -> MonotonicTime? {
        let fields = scheduled.request.fields
        let timeout = policy.timeout(
            enqueued: scheduled.enqueued,
            requestedMicroseconds: fields.timeoutMicroseconds
        )
        let turn = turns.queued(scheduled)
        let entry = Entry(scheduled: scheduled, turn: turn, timeout: timeout, deadline: fields.deadline)
        inTime.insert(entry, at: indexAfter(turn))
        return expiry(of: entry)
    }

    mutating func removeFirst() -> ScheduledRequest {
        let entry = inTime.isEmpty ? delayed.removeFirst() : inTime.removeFirst()
        turns.left(entry.scheduled, turn: entry.turn, isRun: true)
        return entry.scheduled
    }

    /// Takes out what was queued last by who has so much more waiting than `principal` that it has to make room; `nil` if
    /// nobody has.
    mutating func makeRoom(for principal: Principal) -> ScheduledRequest? {
        guard let other = turns.whoMakesRoom(for: principal) else { return nil }
        let isOthers = { (entry: Entry) in entry.scheduled.request.fields.principal == other }
        if let index = inTime.lastIndex(where: isOthers) { return removed(inTime.remove(at: index)) }
        guard let index = delayed.lastIndex(where: isOthers) else { return nil }
        return removed(delayed.remove(at: index))
    }

    /// Drops or delays what stands at `index` until there is a request that may run.
    /// - Returns: whether there is one.
    mutating func settle(at index: Int, now: MonotonicTime, dropped: inout [DroppedRequest]) -> Bool {
        while index < inTime.count {
            switch fate(of: inTime[index], now: now) {
            case .stays: return true
            case .delayed: delayed.append(inTime.remove(at: index))
            case .dropped(let error):
                dropped.append(DroppedRequest(scheduled: removed(inTime.remove(at: index)), error: error))
            }
        }
        while index < count {
            let position = index - inTime.count
            guard case .dropped(let error) = fate(of: delayed[position], now: now) else { return true }
            dropped.append(DroppedRequest(scheduled: removed(delayed.remove(at: position)), error: error))
        }
        return false
    }

    /// Drops all that may no longer run, wherever they stand.
    mutating func sweep(now: MonotonicTime, dropped: inout [DroppedRequest]) {
        for isDelayed in [false, true] {
            var gone: [(entry: Entry, error: ServingError)] = []
            for entry in isDelayed ? delayed : inTime {
                if case .dropped(let error) = fate(of: entry, now: now) { gone.append((entry, error)) }
            }
            guard !gone.isEmpty else { continue }
            // A request may be cancelled between two looks at it, so it goes by what the first look found.
            var next = 0
            let isGone = { (entry: Entry) in
                let isNext = next < gone.count && gone[next].entry.scheduled.request === entry.scheduled.request
                if isNext { next += 1 }
                return isNext
            }
            if isDelayed { delayed.removeAll(where: isGone) } else { inTime.removeAll(where: isGone) }
            for one in gone { dropped.append(DroppedRequest(scheduled: removed(one.entry), error: one.error)) }
        }
    }

    /// When the first request will have to be answered with an error; `nil` if never.
    var earliestExpiry: MonotonicTime? {
        var earliest: MonotonicTime?
        for entry in inTime { earliest = Self.earlier(earliest, expiry(of: entry)) }
        for entry in delayed { earliest = Self.earlier(earliest, entry.deadline) }
        return earliest
    }

    /// When something happens to the request at `index`, be it that it is delayed.
    func nextChange(at index: Int) -> MonotonicTime? {
        let entry = entry(at: index)
        return index < inTime.count ? Self.earlier(entry.timeout, entry.deadline) : entry.deadline
    }

    /// Behind all whose turn is not later: mostly the end.
    private func indexAfter(_ turn: UInt64) -> Int {
        if inTime.last.map({ $0.turn <= turn }) ?? true { return inTime.count }
        var (low, high) = (0, inTime.count)
        while low < high {
            let middle = (low + high) / 2
            if inTime[middle].turn <= turn { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func removed(_ entry: Entry) -> ScheduledRequest {
        turns.left(entry.scheduled, turn: entry.turn, isRun: false)
        return entry.scheduled
    }

    private func fate(of entry: Entry, now: MonotonicTime) -> Fate {
        let request = entry.scheduled.request
        if request.isCancelled { return .dropped(.requestCancelled(request)) }
        if let deadline = entry.deadline, now > deadline { return .dropped(.deadlineExceeded(request)) }
        if let timeout = entry.timeout, now > timeout {
            return policy.timeoutAction == .delay ? .delayed : .dropped(.queueTimeout)
        }
        return .stays
    }

    private func expiry(of entry: Entry) -> MonotonicTime? {
        policy.timeoutAction == .delay ? entry.deadline : Self.earlier(entry.timeout, entry.deadline)
    }

    static func earlier(_ left: MonotonicTime?, _ right: MonotonicTime?) -> MonotonicTime? {
        guard let left else { return right }
        guard let right else { return left }
        return min(left, right)
    }
}
