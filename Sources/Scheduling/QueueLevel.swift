// SPDX-License-Identifier: Apache-2.0
import DequeModule
import Inference

/// The requests of one priority level: those in time, then those that a `delay` policy has put behind them.
struct QueueLevel {
    struct Entry {
        var scheduled: ScheduledRequest
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

    init(level: UInt64, policy: QueuePolicy, isConfigured: Bool) {
        self.level = level
        self.policy = policy
        self.isConfigured = isConfigured
    }

    var count: Int { inTime.count + delayed.count }
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
        let entry = Entry(scheduled: scheduled, timeout: timeout, deadline: fields.deadline)
        inTime.append(entry)
        return expiry(of: entry)
    }

    mutating func removeFirst() -> ScheduledRequest {
        (inTime.isEmpty ? delayed.removeFirst() : inTime.removeFirst()).scheduled
    }

    /// Drops or delays what stands at `index` until there is a request that may run.
    /// - Returns: whether there is one.
    mutating func settle(at index: Int, now: MonotonicTime, dropped: inout [DroppedRequest]) -> Bool {
        while index < inTime.count {
            switch fate(of: inTime[index], now: now) {
            case .stays: return true
            case .delayed: delayed.append(inTime.remove(at: index))
            case .dropped(let error):
                dropped.append(DroppedRequest(scheduled: inTime.remove(at: index).scheduled, error: error))
            }
        }
        while index < count {
            let position = index - inTime.count
            guard case .dropped(let error) = fate(of: delayed[position], now: now) else { return true }
            dropped.append(DroppedRequest(scheduled: delayed.remove(at: position).scheduled, error: error))
        }
        return false
    }

    /// Drops all that may no longer run, wherever they stand.
    mutating func sweep(now: MonotonicTime, dropped: inout [DroppedRequest]) {
        sweep(&inTime, now: now, dropped: &dropped)
        sweep(&delayed, now: now, dropped: &dropped)
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

    private func sweep(_ entries: inout Deque<Entry>, now: MonotonicTime, dropped: inout [DroppedRequest]) {
        var found: [DroppedRequest] = []
        for entry in entries {
            guard case .dropped(let error) = fate(of: entry, now: now) else { continue }
            found.append(DroppedRequest(scheduled: entry.scheduled, error: error))
        }
        guard !found.isEmpty else { return }
        // A request may be cancelled between two looks at it, so it goes by what the first look found.
        var next = 0
        entries.removeAll { entry in
            guard next < found.count, found[next].scheduled.request === entry.scheduled.request else { return false }
            next += 1
            return true
        }
        dropped += found
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
