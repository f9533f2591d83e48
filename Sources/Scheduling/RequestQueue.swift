// SPDX-License-Identifier: Apache-2.0
import Inference

/// The waiting requests of one model: strict priority between levels, fair turns of principals within one.
struct RequestQueue {
    struct Appended {
        /// When the request will be answered with an error if it is still here; `nil` if never.
        var expiry: MonotonicTime?
        /// What had to make room for it: the last of a principal that had more than its share of a full queue.
        var displaced: DroppedRequest?
    }

    private let batching: DynamicBatching
    private let limits: QueueLimits
    /// Ascending, so that the highest priority stands first.
    private var levels: [QueueLevel]
    private(set) var count = 0
    private(set) var bytes = 0
    /// The sum of the requests' batch sizes.
    private(set) var batchSize = 0

    /// - Parameter batching: `nil` for the default scheduler, which knows neither priorities nor timeouts.
    init(batching: DynamicBatching?, limits: QueueLimits) {
        self.batching = batching ?? DynamicBatching()
        self.limits = limits
        let policies =
            self.batching.priorityLevels == 0
            ? [0: self.batching.defaultQueuePolicy] : self.batching.priorityQueuePolicies
        levels = policies.sorted { $0.key < $1.key }.map {
            QueueLevel(level: $0.key, policy: $0.value, isConfigured: true)
        }
    }

    var isEmpty: Bool { count == 0 }

    /// Whether several principals had turns lately.
    var isContended: Bool { levels.contains(where: \.isContended) }

    /// What waits, of no principal more than of the one with the second most; at least `limit` if it is more.
    func evenCount(limit: Int) -> Int { levels.reduce(0) { $0 + $1.evenCount(limit: limit) } }

    /// - Throws: `Exceeds maximum queue size`.
    mutating func append(_ scheduled: ScheduledRequest) throws(ServingError) -> Appended {
        guard scheduled.inputBytes <= limits.bytes - bytes else { throw .queueFull(scheduled.request) }
        let index = indexOfLevel(effectiveLevel(scheduled.request.fields.priority))
        var displaced: DroppedRequest?
        if count >= limits.requests || levels[index].isFull {
            guard let last = levels[index].makeRoom(for: scheduled.request.fields.principal) else {
                removeEmptyLevels()
                throw .queueFull(scheduled.request)
            }
            account(for: last, sign: -1)
            displaced = DroppedRequest(scheduled: last, error: .queueFull(last.request))
        }
        account(for: scheduled, sign: 1)
        return Appended(expiry: levels[index].append(scheduled), displaced: displaced)
    }

    /// Takes the first request that may run.
    mutating func takeFirst(now: MonotonicTime, dropped: inout [DroppedRequest]) -> ScheduledRequest? {
        let before = dropped.count
        for index in levels.indices where levels[index].settle(at: 0, now: now, dropped: &dropped) {
            accountForDropped(dropped[before...])
            let taken = levels[index].removeFirst()
            account(for: taken, sign: -1)
            removeEmptyLevels()
            return taken
        }
        accountForDropped(dropped[before...])
        removeEmptyLevels()
        return nil
    }

    /// Lets `formation` have the requests in order.
    /// - Returns: when something happens to one of those that it took; `nil` if never.
    mutating func offer(
        to formation: inout BatchFormation,
        compatibility: BatchCompatibility?,
        now: MonotonicTime,
        dropped: inout [DroppedRequest]
    ) -> MonotonicTime? {
        let before = dropped.count
        defer { accountForDropped(dropped[before...]) }
        var first: InferenceRequest?
        var nextChange: MonotonicTime?
        for level in levels.indices {
            var index = 0
            while levels[level].settle(at: index, now: now, dropped: &dropped) {
                let scheduled = levels[level].entry(at: index).scheduled
                var isCompatible = true
                if let compatibility, let first {
                    isCompatible = compatibility.areCompatible(first, scheduled.request)
                }
                let joined = formation.offer(
                    batchSize: scheduled.batchSize,
                    enqueued: scheduled.enqueued,
                    isCompatible: isCompatible
                )
                guard joined else { return nextChange }
                first = first ?? scheduled.request
                nextChange = QueueLevel.earlier(nextChange, levels[level].nextChange(at: index))
                index += 1
            }
        }
        return nextChange
    }

    /// Takes the first `wanted` requests, which ``offer(to:compatibility:now:dropped:)`` has just shown may run.
    mutating func take(_ wanted: Int) -> [ScheduledRequest] {
        var taken: [ScheduledRequest] = []
        taken.reserveCapacity(wanted)
        for index in levels.indices {
            while taken.count < wanted, levels[index].count > 0 {
                let scheduled = levels[index].removeFirst()
                account(for: scheduled, sign: -1)
                taken.append(scheduled)
            }
        }
        removeEmptyLevels()
        return taken
    }

    /// Drops all that may no longer run.
    /// - Returns: when the next will have to be dropped; `nil` if none.
    mutating func sweep(now: MonotonicTime, dropped: inout [DroppedRequest]) -> MonotonicTime? {
        let before = dropped.count
        var earliest: MonotonicTime?
        for index in levels.indices {
            levels[index].sweep(now: now, dropped: &dropped)
            earliest = QueueLevel.earlier(earliest, levels[index].earliestExpiry)
        }
        accountForDropped(dropped[before...])
        removeEmptyLevels()
        return earliest
    }

    private func effectiveLevel(_ priority: UInt64) -> UInt64 {
        guard batching.priorityLevels != 0 else { return 0 }
        return priority == 0 || priority > batching.priorityLevels ? batching.defaultPriorityLevel : priority
    }

    private mutating func indexOfLevel(_ level: UInt64) -> Int {
        var (low, high) = (0, levels.count)
        while low < high {
            let middle = (low + high) / 2
            if levels[middle].level < level { low = middle + 1 } else { high = middle }
        }
        if low == levels.count || levels[low].level != level {
            let new = QueueLevel(level: level, policy: batching.defaultQueuePolicy, isConfigured: false)
            levels.insert(new, at: low)
        }
        return low
    }

    private mutating func removeEmptyLevels() {
        guard batching.priorityLevels != 0 else { return }
        levels.removeAll { !$0.isConfigured && $0.count == 0 }
    }

    private mutating func account(for scheduled: ScheduledRequest, sign: Int) {
        count += sign
        bytes += sign * scheduled.inputBytes
        batchSize += sign * scheduled.batchSize
    }

    private mutating func accountForDropped(_ dropped: ArraySlice<DroppedRequest>) {
        for one in dropped { account(for: one.scheduled, sign: -1) }
    }
}
