// SPDX-License-Identifier: Apache-2.0
import Inference

/// In which order the requests of several principals leave a queue: start-time fair queueing.
///
/// A clock counts the work that is begun, in batch rows. Each request gets the turn at which it would begin if its
/// principal had the model to itself since it last had nothing waiting, and the smallest turn goes first. So each
/// principal that keeps something waiting gets the same work done, however much more another has waiting, and the
/// requests of one principal keep their order. With one principal alone it is first come, first served.
struct FairTurns {
    private struct Flow {
        /// The turn of what it sends next.
        var next: UInt64 = 0
        /// The same, had it sent no more than was run.
        var done: UInt64 = 0
        var requests = 0

        /// - Returns: the turn of `rows` more.
        mutating func queued(_ rows: UInt64, clock: UInt64) -> UInt64 {
            let turn = max(clock, next)
            next = turn &+ rows
            requests += 1
            return turn
        }
    }

    /// Principals with nothing waiting that are remembered, lest who sends one request after the other begins anew each
    /// time. Beyond that some begin anew.
    static let idleLimit = 256

    /// Rows that one principal alone gets before another that has had a turn counts as gone.
    private static let patience: UInt64 = 64

    private var flows: [Principal: Flow] = [:]
    private var latest: Principal?
    /// The clock when somebody else than before had a turn.
    private var changed: UInt64?
    private var idle = 0
    private var clock: UInt64 = 0

    /// Whether several principals had turns lately.
    var isContended: Bool { changed.map { clock < $0 &+ Self.patience } ?? false }

    /// What waits, of no principal more than of the one with the second most; at least `limit` if it is more.
    func evenCount(limit: Int) -> Int {
        var even = EvenCount()
        for flow in flows.values {
            even.add(flow.requests)
            if even.count >= limit { break }
        }
        return even.count
    }

    /// - Returns: the request's turn.
    mutating func queued(_ scheduled: ScheduledRequest) -> UInt64 {
        let rows = UInt64(scheduled.batchSize)
        let principal = scheduled.request.fields.principal
        guard let index = flows.index(forKey: principal) else {
            var flow = Flow()
            defer { flows[principal] = flow }
            return flow.queued(rows, clock: clock)
        }
        if flows.values[index].requests == 0 { idle -= 1 }
        return flows.values[index].queued(rows, clock: clock)
    }

    /// It is run now, or dropped, and waits no more.
    mutating func left(_ scheduled: ScheduledRequest, turn: UInt64, isRun: Bool) {
        if isRun { began(scheduled.request.fields.principal, turn: turn) }
        guard let index = flows.index(forKey: scheduled.request.fields.principal) else {
            assertionFailure("a request left that was not queued")
            return
        }
        if isRun { flows.values[index].done = turn &+ UInt64(scheduled.batchSize) }
        flows.values[index].requests -= 1
        guard flows.values[index].requests == 0 else { return }
        // What was dropped is not held against it.
        flows.values[index].next = flows.values[index].done
        idle += 1
        if idle > Self.idleLimit { forgetIdle() }
    }

    private mutating func began(_ principal: Principal, turn: UInt64) {
        clock = max(clock, turn)
        guard principal != latest else { return }
        if latest != nil { changed = clock }
        latest = principal
    }

    private mutating func forgetIdle() {
        let clock = clock
        flows = flows.filter { $0.value.requests > 0 || $0.value.next > clock }
        idle = flows.values.count { $0.requests == 0 }
        // Amortised only if each look at all of them makes enough room.
        guard idle > Self.idleLimit / 2 else { return }
        flows = flows.filter { $0.value.requests > 0 }
        idle = 0
    }

    /// Principals that are known, for tests of its memory.
    var count: Int { flows.count }

    /// Who has to make room for one more of `principal` in a full queue: who has the most waiting, if that is more than
    /// `principal` would have then.
    func whoMakesRoom(for principal: Principal) -> Principal? {
        let own = flows[principal]?.requests ?? 0
        guard flows.count > (own > 0 ? 1 : 0) else { return nil }
        guard let most = flows.max(by: { $0.value.requests < $1.value.requests }) else { return nil }
        return most.value.requests > own + 1 ? most.key : nil
    }
}
