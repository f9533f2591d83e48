// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Scheduling

@Suite struct RequestQueueTests {
    /// Everything that may run at `now`, in order, and what was dropped on the way.
    private func drain(_ queue: inout RequestQueue, now: UInt64) -> (ids: [String], dropped: [DroppedRequest]) {
        var dropped: [DroppedRequest] = []
        var found: [String] = []
        while let next = queue.takeFirst(now: .at(now), dropped: &dropped) { found.append(next.request.fields.id) }
        return (found, dropped)
    }

    private func error(_ body: () throws(ServingError) -> RequestQueue.Appended) -> ServingError? {
        do throws(ServingError) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func firstComeFirstServed() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        for id in ["a", "b", "c"] { _ = try queue.append(makeScheduled(id) { $0.priority = id == "c" ? 1 : 9 }) }
        #expect(queue.count == 3)
        #expect(drain(&queue, now: 0).ids == ["a", "b", "c"])
        #expect(queue.isEmpty)
    }

    @Test(arguments: [(1, "1"), (2, "2"), (3, "3"), (0, "2"), (4, "2"), (UInt64.max, "2")] as [(UInt64, String)])
    func prioritiesOutOfRangeBecomeTheDefault(priority: UInt64, level: String) throws {
        let batching = makeBatching {
            $0.priorityLevels = 3
            $0.defaultPriorityLevel = 2
        }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        for other: UInt64 in [1, 2, 3] {
            _ = try queue.append(makeScheduled("\(other)") { $0.priority = other })
        }
        _ = try queue.append(makeScheduled("x") { $0.priority = priority })
        let order = drain(&queue, now: 0).ids
        let position = try #require(order.firstIndex(of: "x"))
        #expect(order[position - 1] == level)
    }

    @Test func higherPrioritiesGoFirst() throws {
        let batching = makeBatching {
            $0.priorityLevels = .max
            $0.defaultPriorityLevel = 5
            $0.priorityQueuePolicies = [2: QueuePolicy()]
        }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        for (id, priority) in [("a", 7), ("b", 2), ("c", 1), ("d", 0), ("e", 2), ("f", UInt64.max)] {
            _ = try queue.append(makeScheduled(id) { $0.priority = priority })
        }
        #expect(drain(&queue, now: 0).ids == ["c", "b", "e", "d", "a", "f"])
    }

    @Test func aLevelHoldsItsMaximumAndNoMore() throws {
        let batching = makeBatching {
            $0.priorityLevels = 2
            $0.defaultPriorityLevel = 1
            $0.defaultQueuePolicy = QueuePolicy(maxQueueSize: 3)
            $0.priorityQueuePolicies = [2: QueuePolicy(maxQueueSize: 1)]
        }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        for _ in 0..<3 { _ = try queue.append(makeScheduled()) }
        _ = try queue.append(makeScheduled { $0.priority = 2 })
        let full = error { () throws(ServingError) in try queue.append(makeScheduled("r1")) }
        let fullToo = error { () throws(ServingError) in try queue.append(makeScheduled { $0.priority = 2 }) }
        #expect(full == ServingError(.unavailable, "[request id: r1] Exceeds maximum queue size", reason: .rejected))
        #expect(fullToo?.message == "[request id: <id_unknown>] Exceeds maximum queue size")
        #expect(queue.count == 4)
    }

    @Test func theServersOwnLimitsHoldForAllLevels() throws {
        var queue = RequestQueue(batching: nil, limits: QueueLimits(requests: 2, bytes: 100))
        _ = try queue.append(makeScheduled(bytes: 60))
        let tooManyBytes = error { () throws(ServingError) in try queue.append(makeScheduled(bytes: 41)) }
        #expect(tooManyBytes?.code == .unavailable)
        _ = try queue.append(makeScheduled(bytes: 40))
        let tooMany = error { () throws(ServingError) in try queue.append(makeScheduled(bytes: 0)) }
        #expect(tooMany?.reason == .rejected)
        #expect(drain(&queue, now: 0).ids.count == 2)
        #expect(queue.bytes == 0)
        _ = try queue.append(makeScheduled(bytes: 100))
    }

    /// (default, override allowed, request's own) → effective timeout in µs; `nil`: none.
    @Test(
        arguments: [
            (0, true, 50, nil), (0, false, 50, nil), (100, false, 50, 100), (100, true, 50, 50), (100, true, 0, 100),
            (100, true, 99, 99), (100, true, 100, 100), (100, true, 101, 100), (UInt64.max, false, 0, nil),
        ] as [(UInt64, Bool, UInt64, UInt64?)]
    )
    func requestsMayOnlyShortenANonZeroTimeout(standard: UInt64, allowed: Bool, own: UInt64, effective: UInt64?) {
        let policy = QueuePolicy(defaultTimeoutMicroseconds: standard, allowTimeoutOverride: allowed)
        let timeout = policy.timeout(enqueued: .at(1000), requestedMicroseconds: own)
        #expect(timeout == effective.map { .at(1000 + $0) })
    }

    @Test(arguments: [(110, false), (111, true)] as [(UInt64, Bool)])
    func rejectAnswersWhatWaitedTooLong(now: UInt64, isLate: Bool) throws {
        let batching = makeBatching { $0.defaultQueuePolicy = QueuePolicy(defaultTimeoutMicroseconds: 100) }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        let expiry = try queue.append(makeScheduled("a", at: 10, bytes: 5)).expiry
        _ = try queue.append(makeScheduled("b", at: 50))
        #expect(expiry == .at(110))
        let (ids, dropped) = drain(&queue, now: now)
        #expect(ids == (isLate ? ["b"] : ["a", "b"]))
        #expect(dropped.map(\.error) == (isLate ? [ServingError.queueTimeout] : []))
        #expect(ServingError.queueTimeout.message == "Request timeout expired")
        #expect(queue.count == 0 && queue.bytes == 0 && queue.batchSize == 0)
    }

    @Test func delayMovesBehindThoseInTime() throws {
        let late = QueuePolicy(timeoutAction: .delay, defaultTimeoutMicroseconds: 100, allowTimeoutOverride: true)
        let batching = makeBatching {
            $0.defaultQueuePolicy = late
            $0.priorityLevels = 2
            $0.defaultPriorityLevel = 1
        }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        _ = try queue.append(makeScheduled("late") { $0.timeoutMicroseconds = 10 })
        _ = try queue.append(makeScheduled("later") { $0.timeoutMicroseconds = 10 })
        _ = try queue.append(makeScheduled("in time"))
        _ = try queue.append(makeScheduled("low") { $0.priority = 2 })
        var dropped: [DroppedRequest] = []
        let next = queue.sweep(now: .at(11), dropped: &dropped)
        #expect(next == nil && dropped.isEmpty)
        #expect(drain(&queue, now: 11).ids == ["in time", "late", "later", "low"])
    }

    @Test func theDefaultSchedulerKnowsNoTimeout() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        let expiry = try queue.append(makeScheduled("a") { $0.timeoutMicroseconds = 1 }).expiry
        #expect(expiry == nil)
        #expect(drain(&queue, now: 1_000_000).ids == ["a"])
    }

    @Test(arguments: [(30, false), (31, true)] as [(UInt64, Bool)])
    func deadlinesHoldEverywhere(now: UInt64, isLate: Bool) throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        let expiry = try queue.append(makeScheduled("a") { $0.deadline = .at(30) }).expiry
        #expect(expiry == .at(30))
        let (ids, dropped) = drain(&queue, now: now)
        #expect(ids == (isLate ? [] : ["a"]))
        #expect(dropped.map(\.error.code) == (isLate ? [.deadlineExceeded] : []))
    }

    @Test func cancelledRequestsAreDroppedWhenMet() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        let gone = makeScheduled("gone")
        _ = try queue.append(gone)
        _ = try queue.append(makeScheduled("stays"))
        gone.request.cancel()
        let (ids, dropped) = drain(&queue, now: 0)
        #expect(ids == ["stays"])
        #expect(dropped.first?.error.code == .cancelled && dropped.first?.error.reason == .cancelled)
    }

    @Test func sweepFindsThemAnywhere() throws {
        let batching = makeBatching {
            $0.defaultQueuePolicy = QueuePolicy(defaultTimeoutMicroseconds: 100, allowTimeoutOverride: true)
        }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        for (id, timeout) in [("a", 100), ("b", 20), ("c", 50), ("d", 20)] as [(String, UInt64)] {
            _ = try queue.append(makeScheduled(id, batchSize: 2, bytes: 3) { $0.timeoutMicroseconds = timeout })
        }
        var dropped: [DroppedRequest] = []
        let atTheLimit = queue.sweep(now: .at(20), dropped: &dropped)
        #expect(atTheLimit == .at(20) && dropped.isEmpty)
        let after = queue.sweep(now: .at(21), dropped: &dropped)
        #expect(after == .at(50))
        #expect(ids(dropped.map(\.scheduled)) == ["b", "d"])
        #expect(queue.count == 2 && queue.bytes == 6 && queue.batchSize == 4)
        #expect(drain(&queue, now: 21).ids == ["a", "c"])
    }

    /// A timeout beyond what can be counted is none.
    @Test(
        arguments: [UInt64.max, UInt64.max / 1000 + 1, UInt64.max / 1000],
        [QueuePolicy.TimeoutAction.reject, QueuePolicy.TimeoutAction.delay]
    )
    func hugeTimeoutsNeitherTrapNorEnd(microseconds: UInt64, action: QueuePolicy.TimeoutAction) throws {
        let batching = makeBatching {
            $0.defaultQueuePolicy = QueuePolicy(
                timeoutAction: action,
                defaultTimeoutMicroseconds: microseconds,
                allowTimeoutOverride: true
            )
        }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        let late = makeScheduled("a", at: 5) { $0.timeoutMicroseconds = microseconds }
        let expiry = try queue.append(late).expiry
        #expect(expiry == nil || expiry == MonotonicTime(nanoseconds: .max))
        var dropped: [DroppedRequest] = []
        let distant = MonotonicTime(nanoseconds: .max)
        #expect(queue.sweep(now: distant, dropped: &dropped) == expiry)
        #expect(queue.takeFirst(now: distant, dropped: &dropped)?.request.fields.id == "a")
        #expect(dropped.isEmpty)
    }
}
