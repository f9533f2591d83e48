// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Scheduling

/// Of several principals each that keeps something waiting gets the same work done.
@Suite struct FairTurnsTests {
    private func request(_ name: String, _ id: String = "", size: Int = 1, priority: UInt64 = 0) -> ScheduledRequest {
        makeScheduled(id.isEmpty ? name : id, batchSize: size) {
            $0.principal = Principal(name: name)
            $0.priority = priority
        }
    }

    private func take(_ queue: inout RequestQueue, _ count: Int) -> [String] {
        var dropped: [DroppedRequest] = []
        return (0..<count).compactMap { _ in queue.takeFirst(now: .at(0), dropped: &dropped)?.request.fields.id }
    }

    @Test func whoComesLaterDoesNotStandBehindAllOfAnother() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        for index in 0..<6 { _ = try queue.append(request("a", "a\(index)")) }
        #expect(take(&queue, 2) == ["a0", "a1"])
        for index in 0..<2 { _ = try queue.append(request("b", "b\(index)")) }
        #expect(take(&queue, 6) == ["b0", "a2", "b1", "a3", "a4", "a5"])
        #expect(queue.isEmpty)
    }

    @Test func whoWasAwayHasNoClaimToWhatHeDidNotUse() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        for _ in 0..<100 { _ = try queue.append(request("a")) }
        #expect(take(&queue, 50).count == 50)
        for _ in 0..<10 { _ = try queue.append(request("b")) }
        #expect(take(&queue, 20).count { $0 == "b" } == 10)
        #expect(take(&queue, 100).count == 40)
    }

    /// Closed loops: each principal sends again as soon as it has an answer.
    @Test(arguments: [(1, 2), (2, 20), (4, 40), (6, 60), (32, 320)], [1, 8])
    func eachGetsHalfHoweverManyTheOtherSends(requests: (modest: Int, greedy: Int), batch: Int) throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        for _ in 0..<requests.greedy { _ = try queue.append(request("greedy")) }
        for _ in 0..<requests.modest { _ = try queue.append(request("modest")) }
        var done: [String: Int] = [:]
        for _ in 0..<1000 {
            let answered = take(&queue, min(batch, 2 * requests.modest))
            for name in answered {
                done[name, default: 0] += 1
                _ = try queue.append(request(name))
            }
        }
        let total = Double(done.values.reduce(0, +))
        #expect(Double(done["modest"] ?? 0) >= 0.45 * total, "\(done)")
        #expect(Double(done["greedy"] ?? 0) >= 0.45 * total, "\(done)")
    }

    @Test(arguments: [
        ([], 0), (["a"], 0), (["a", "a", "a"], 0), (["a", "b"], 2), (["a", "a", "a", "b"], 2),
        (["a", "a", "a", "b", "b", "c"], 5),
    ])
    func anEvenShareOfWhatWaitsIsNoMoreOfAnyThanTheSecondHas(waiting: [String], count: Int) throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        for name in waiting { _ = try queue.append(request(name)) }
        #expect(queue.evenCount(limit: .max) == count)
        // Where it stops looking depends on whom it looks at first.
        for limit in 1...6 { #expect(min(queue.evenCount(limit: limit), limit) == min(count, limit)) }
    }

    @Test func anEventLoopThatSeveralWantRunsEvenSharesAndAtLeastFour() throws {
        var state = SchedulerState(SchedulerSettings(maxBatchSize: 64, batching: makeBatching()))
        var dropped: [DroppedRequest] = []
        func queued(_ name: String, _ count: Int) throws {
            for _ in 0..<count { _ = try state.requestArrived(request(name)) }
        }
        func run() -> [String] {
            let limit = state.contendedCount ?? .max
            let step = state.nextStep(for: 0, now: .at(0), countLimit: limit, dropped: &dropped)
            guard case .run(let requests, _) = step else { return [] }
            return requests.map(\.request.fields.id)
        }
        try queued("greedy", 20)
        #expect(run().count == 20, "one principal alone has all of it")
        try queued("greedy", 20)
        try queued("modest", 5)
        _ = run()
        try queued("greedy", 20)
        try queued("modest", 5)
        let taken = run()
        #expect(taken.count { $0 == "modest" } == 5)
        #expect(taken.count { $0 == "greedy" } == 5)
        #expect(run().count == 4)
    }

    @Test func severalWantItUntilOneHasBeenGoneForSixtyFourRows() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        func run(_ name: String, _ count: Int) throws {
            for _ in 0..<count { _ = try queue.append(request(name)) }
            #expect(take(&queue, count).count == count)
        }
        try run("a", 200)
        #expect(!queue.isContended)
        try run("b", 1)
        #expect(queue.isContended)
        try run("a", 64)
        #expect(queue.isContended)
        try run("a", 1)
        #expect(!queue.isContended)
    }

    @Test func itIsWorkThatIsSharedAndNotRequests() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        for index in 0..<2 { _ = try queue.append(request("large", "L\(index)", size: 4)) }
        for index in 0..<8 { _ = try queue.append(request("small", "s\(index)")) }
        #expect(take(&queue, 10) == ["L0", "s0", "s1", "s2", "s3", "L1", "s4", "s5", "s6", "s7"])
    }

    @Test func aHigherPriorityStillGoesFirst() throws {
        let batching = makeBatching {
            $0.priorityLevels = 2
            $0.defaultPriorityLevel = 2
        }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        for _ in 0..<3 { _ = try queue.append(request("a", priority: 1)) }
        _ = try queue.append(request("b", priority: 2))
        #expect(take(&queue, 4) == ["a", "a", "a", "b"])
    }

    @Test func aFullQueueIsSharedToo() throws {
        let batching = makeBatching { $0.defaultQueuePolicy = QueuePolicy(maxQueueSize: 4) }
        var queue = RequestQueue(batching: batching, limits: .unlimited)
        for index in 0..<4 { _ = try queue.append(request("a", "a\(index)")) }
        #expect(throws: ServingError.self) { try queue.append(request("a", "a4")) }
        for (id, expected) in [("b0", "a3"), ("b1", "a2")] {
            let displaced = try #require(try queue.append(request("b", id)).displaced)
            #expect(displaced.scheduled.request.fields.id == expected)
            #expect(displaced.error.message == "[request id: \(expected)] Exceeds maximum queue size")
        }
        // Two each: nobody has more than the other would have.
        #expect(throws: ServingError.self) { try queue.append(request("b", "b2")) }
        #expect(throws: ServingError.self) { try queue.append(request("a", "a5")) }
        #expect(queue.count == 4 && queue.batchSize == 4)
        #expect(take(&queue, 4) == ["a0", "b0", "a1", "b1"])
    }

    @Test func theServersOwnLimitIsSharedToo() throws {
        var queue = RequestQueue(batching: nil, limits: QueueLimits(requests: 3, bytes: 10))
        for _ in 0..<3 { _ = try queue.append(request("a")) }
        #expect(try queue.append(request("b")).displaced?.scheduled.request.fields.id == "a")
        #expect(take(&queue, 3).sorted() == ["a", "a", "b"])
    }

    @Test func whatWasCancelledIsNotHeldAgainstAnyoneNorOfUse() throws {
        var queue = RequestQueue(batching: nil, limits: .unlimited)
        for _ in 0..<9 { _ = try queue.append(request("other")) }
        #expect(take(&queue, 1) == ["other"])
        let gone = (0..<100).map { request("c", "gone \($0)") }
        _ = try queue.append(request("c"))
        for one in gone {
            _ = try queue.append(one)
            one.request.cancel()
        }
        #expect(take(&queue, 2) == ["c", "other"])
        var dropped: [DroppedRequest] = []
        _ = queue.sweep(now: .at(0), dropped: &dropped)
        #expect(dropped.count == 100)
        for _ in 0..<3 { _ = try queue.append(request("c")) }
        #expect(take(&queue, 6) == ["c", "other", "c", "other", "c", "other"])
    }

    @Test func memoryIsBoundedHoweverManyCome() {
        var turns = FairTurns()
        for index in 0..<100_000 {
            let scheduled = request("caller \(index)", size: 1 + index % 7)
            let turn = turns.queued(scheduled)
            turns.left(scheduled, turn: turn, isRun: true)
            #expect(turns.count <= FairTurns.idleLimit)
        }
    }

    @Test func whatIsDroppedIsForgotten() throws {
        let batching = makeBatching { $0.defaultQueuePolicy = QueuePolicy(defaultTimeoutMicroseconds: 10) }
        var queue = RequestQueue(batching: batching, limits: QueueLimits(requests: 2, bytes: .max))
        for _ in 0..<2 { _ = try queue.append(request("a")) }
        var dropped: [DroppedRequest] = []
        _ = queue.sweep(now: .at(11), dropped: &dropped)
        #expect(dropped.count == 2)
        for _ in 0..<2 { _ = try queue.append(request("b")) }
        // Had `a` been remembered with two waiting, it would be asked to make room and have nothing to give.
        #expect(try queue.append(request("c")).displaced?.scheduled.request.fields.id == "b")
    }
}
