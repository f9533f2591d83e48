import Inference
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Access

@Suite struct LedgerPolicyTests {
    private func policy(_ allowed: LedgerPolicy.Allowed, denials: DenialLimits = DenialLimits()) -> LedgerPolicy {
        LedgerPolicy(allowed: allowed, denials: denials, seed: 7)
    }

    private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: UInt64(seconds * 1e9)) }

    /// The macro cannot take an expression apart that changes what it asks.
    private func expectTrue(_ isSo: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(isSo, sourceLocation: sourceLocation)
    }

    @Test func allMeansAll() {
        var policy = policy(.all)
        for _ in 0..<100 { expectTrue(policy.admit(.request("r"), now: { time(0) })) }
        #expect(policy.due == nil)
    }

    @Test func samplesAreAsManyAsAskedFor() {
        var policy = policy(.sampled(oneIn: 10))
        let count = (0..<100_000).count { _ in policy.admit(.request("r"), now: { time(0) }) }
        #expect((9500...10_500).contains(count))
        for _ in 0..<100 { expectTrue(policy.admit(.request("r", .act), now: { time(0) })) }
    }

    @Test func aSummaryCountsByWhoAskedWhat() {
        var policy = policy(.summary(seconds: 30))
        for round in 0..<6 {
            expectTrue(!policy.admit(.request("r\(round)"), now: { time(Double(round)) }))
            expectTrue(!policy.admit(.request("r", status: 500), now: { time(Double(round)) }))
        }
        let isActWritten = policy.admit(.request("r", .act), now: { time(1) })
        #expect(isActWritten && policy.due == time(30))
        expectTrue(policy.takeDue(at: time(29.9)).isEmpty)
        let summaries = policy.takeDue(at: time(30)).compactMap { record -> LedgerSummary? in
            if case .summary(let summary) = record { summary } else { nil }
        }
        #expect(summaries.count == 2 && summaries.allSatisfy { $0.count == 6 && $0.bytesIn == 6 * 602_112 })
        #expect(Set(summaries.map { $0.key?.status }) == [200, 500])
        expectTrue(policy.due == nil && policy.takeDue(at: time(99)).isEmpty)
    }

    @Test func groupsAreBounded() {
        var policy = policy(.summary(seconds: 1))
        for model in 0...(LedgerPolicy.groupLimit + 4) {
            _ = policy.admit(.request("r", model: "m\(model)"), now: { time(0) })
        }
        let records = policy.takeDue(at: time(1))
        #expect(records.count == LedgerPolicy.groupLimit + 1)
        guard case .summary(let others) = records.last else { return #expect(Bool(false)) }
        #expect(others.key == nil && others.count == 5)
    }

    @Test func anAddressGetsItsDenialsThenOneASecond() {
        var limiter = DenialLimiter(limits: DenialLimits())
        for _ in 0..<10 { expectTrue(limiter.admit("a", now: time(0), isSpaceShort: false)) }
        expectTrue(!limiter.admit("a", now: time(0), isSpaceShort: false))
        expectTrue(limiter.admit("b", now: time(0), isSpaceShort: false))
        expectTrue(!limiter.admit("a", now: time(0.99), isSpaceShort: false))
        expectTrue(limiter.admit("a", now: time(1.0), isSpaceShort: false))
        expectTrue(!limiter.admit("a", now: time(1.0), isSpaceShort: false))
        #expect(limiter.due == time(10))
        expectTrue(limiter.takeSuppressed(isSpaceShort: false) == [DenialSuppression(address: "a", count: 3)])
        #expect(limiter.due == nil)
    }

    @Test func whatFallsOutOfTheTableIsStillCounted() {
        var limits = DenialLimits()
        (limits.addresses, limits.burst) = (3, 1)
        var limiter = DenialLimiter(limits: limits)
        for address in ["a", "b", "c"] {
            for _ in 0..<3 { _ = limiter.admit(address, now: time(0), isSpaceShort: false) }
        }
        // "a" was used last, so "b" goes.
        _ = limiter.admit("a", now: time(0), isSpaceShort: false)
        _ = limiter.admit("d", now: time(0), isSpaceShort: false)
        #expect(limiter.addressCount == 3)
        let told = limiter.takeSuppressed(isSpaceShort: false)
        #expect(
            told == [
                DenialSuppression(address: "a", count: 3), DenialSuppression(address: "c", count: 2),
                DenialSuppression(address: nil, count: 2),
            ]
        )
    }

    /// A million failed attempts in a minute, each from an address of its own; then as many from one.
    @Test(arguments: [true, false])
    func aFloodOfDenialsIsCountedInFewLines(isFromMany: Bool) {
        var policy = policy(.all)
        var lines = 0
        var counted: UInt64 = 0
        func tell(_ records: [LedgerRecord]) {
            lines += records.count
            for case .suppressed(let suppression) in records { counted += suppression.count }
        }
        var written: UInt64 = 0
        for attempt in 0..<1_000_000 {
            let now = time(Double(attempt) * 60e-6)
            let address = isFromMany ? "10.\(attempt >> 16).\(attempt >> 8 & 255).\(attempt & 255)" : "10.0.0.1"
            if policy.admit(.request("r", .deny, address: address), now: { now }) { written += 1 }
            if let due = policy.due, due <= now { tell(policy.takeDue(at: now)) }
        }
        tell(policy.takeDue(at: time(60), all: true))
        #expect(written + counted == 1_000_000)
        #expect(written <= (isFromMany ? 200 * 61 : 10 + 61))
        #expect(lines <= 65 * 7)
    }

    @Test func withLittleRoomOnlyTheSumIsTold() {
        var policy = policy(.all)
        policy.isSpaceShort = true
        for address in ["a", "b", "c"] {
            expectTrue(!policy.admit(.request("r", .deny, address: address), now: { time(0) }))
        }
        expectTrue(policy.admit(.request("r"), now: { time(0) }))
        expectTrue(policy.takeDue(at: time(10)) == [.suppressed(DenialSuppression(address: nil, count: 3))])
    }

    // MARK: Space

    @Test func theQuotaIsKeptToTheByte() {
        var space = LedgerSpace(quota: 1000, reserved: 0, retainSeconds: .max)
        space.filesListed(closed: [LedgerSpace.File(name: "a", bytes: 500, modified: 0)], current: 300)
        let now = WallClockTime(microseconds: 100_000_000)
        #expect(space.verdict(adding: 200, freeBytes: .max, now: now) == .write)
        #expect(space.verdict(adding: 201, freeBytes: .max, now: now) == .refuse("the ledger's quota is used up"))
        #expect(space.verdict(adding: .max, freeBytes: .max, now: now) == .refuse("the ledger's quota is used up"))
        #expect(space.isShort(now: now))
        space.filesListed(closed: [], current: 750)
        #expect(!space.isShort(now: now))
    }

    @Test func theReserveIsKeptToTheByte() {
        let space = LedgerSpace(quota: 1000, reserved: 100, retainSeconds: .max)
        let now = WallClockTime(microseconds: 0)
        #expect(space.verdict(adding: 50, freeBytes: 150, now: now) == .write)
        let full = LedgerSpace.Verdict.refuse("the ledger's file system is full")
        #expect(space.verdict(adding: 51, freeBytes: 150, now: now) == full)
        #expect(space.verdict(adding: 1, freeBytes: 0, now: now) == full)
    }

    @Test func theOldestGivesWayToTheQuotaAndNotToOthersWhoFillTheDisk() {
        var space = LedgerSpace(quota: 1000, reserved: 0, retainSeconds: 0)
        space.filesListed(closed: [LedgerSpace.File(name: "a", bytes: 900, modified: 1000)], current: 100)
        let now = WallClockTime(microseconds: 1_000_000_000)
        #expect(space.verdict(adding: 1, freeBytes: .max, now: now) == .remove("a"))
        #expect(!space.isShort(now: now))
        space.filesListed(closed: [LedgerSpace.File(name: "a", bytes: 100, modified: 1000)], current: 100)
        #expect(space.verdict(adding: 1, freeBytes: 0, now: now) == .refuse("the ledger's file system is full"))
    }

    @Test func onlyWhatWasKeptLongEnoughIsRemoved() {
        var space = LedgerSpace(quota: 1000, reserved: 0, retainSeconds: 60)
        space.filesListed(closed: [LedgerSpace.File(name: "a", bytes: 900, modified: 1000)], current: 100)
        func verdict(at second: Int64) -> LedgerSpace.Verdict {
            space.verdict(adding: 1, freeBytes: .max, now: WallClockTime(microseconds: second * 1_000_000))
        }
        #expect(verdict(at: 1059) == .refuse("the ledger's quota is used up"))
        #expect(verdict(at: 1060) == .remove("a"))
    }

    @Test func aFileFromTheFutureIsNew() {
        for (retained, expected) in [
            (0, LedgerSpace.Verdict.remove("a")), (1, .refuse("the ledger's quota is used up")),
        ] {
            var space = LedgerSpace(quota: 1000, reserved: 0, retainSeconds: Int64(retained))
            space.filesListed(closed: [LedgerSpace.File(name: "a", bytes: 900, modified: 1000)], current: 100)
            let now = WallClockTime(microseconds: 999_000_000)
            #expect(space.verdict(adding: 1, freeBytes: .max, now: now) == expected)
        }
    }

    @Test func roomIsWhatMayBeWrittenLessWhatIsKept() {
        func at(_ second: Int64) -> WallClockTime { WallClockTime(microseconds: second * 1_000_000) }
        var space = LedgerSpace(quota: 1 << 20, reserved: 1000, retainSeconds: .max, kept: 64 << 10)
        #expect(space.room(freeBytes: 1 << 30, now: at(0)) == (1 << 20) - (64 << 10))
        #expect(space.room(freeBytes: 201_000, now: at(0)) == 200_000 - (64 << 10))
        let files = (1...3).map { LedgerSpace.File(name: "\($0)", bytes: 300_000, modified: Int64($0)) }
        space.filesListed(closed: files, current: 100_000)
        #expect(space.room(freeBytes: 1 << 30, now: at(100)) == (1 << 20) - 1_000_000 - (64 << 10))
        #expect(space.shortage(freeBytes: 1 << 30) == "the ledger's quota is used up")
        #expect(space.shortage(freeBytes: 1000) == "the ledger's file system is full")
        // What may be removed is room, until the first that may not.
        space = LedgerSpace(quota: 1 << 20, reserved: 0, retainSeconds: 8, kept: 64 << 10)
        space.filesListed(closed: files, current: 100_000)
        #expect(space.room(freeBytes: 1 << 30, now: at(10)) == (1 << 20) - 400_000 - (64 << 10))
        #expect(space.room(freeBytes: 0, now: at(10)) == 600_000 - (64 << 10))
        space = LedgerSpace(quota: 1 << 20, reserved: 0, retainSeconds: 0, kept: 64 << 10)
        space.filesListed(closed: files, current: 100_000)
        #expect(space.room(freeBytes: 0, now: at(10)) < 0)
    }

    // MARK: Pace

    @Test func anIdleWriterSleepsUntilSomethingHappens() {
        var pace = LedgerPace()
        expectTrue(pace.next(.init(hasLines: false), now: time(1)) == .sleep(until: nil))
        expectTrue(pace.next(.init(hasLines: false, due: time(2)), now: time(1)) == .sleep(until: time(2)))
        expectTrue(pace.next(.init(hasLines: true), now: time(5)) == .sleep(until: time(5.05)))
        expectTrue(pace.next(.init(hasLines: true), now: time(5.04)) == .sleep(until: time(5.05)))
        expectTrue(pace.next(.init(hasLines: true, isUrgent: true), now: time(5.04)) == .work)
        expectTrue(pace.next(.init(hasLines: true), now: time(5.05)) == .work)
        pace.worked()
        expectTrue(pace.next(.init(hasLines: false), now: time(5.06)) == .sleep(until: nil))
    }

    @Test func afterAFailureItIsTriedAgainInAWhile() {
        var pace = LedgerPace()
        pace.failed(at: time(1))
        expectTrue(pace.next(.init(hasLines: true, isUrgent: true), now: time(1.1)) == .sleep(until: time(1.2)))
        expectTrue(pace.next(.init(hasLines: true, isStopping: true), now: time(1.1)) == .work)
        expectTrue(pace.next(.init(hasLines: false), now: time(1.2)) == .work)
    }

    @Test func aCheckpointIsDueAfterLinesOrTime() {
        var schedule = CheckpointSchedule(lines: 3, seconds: 10)
        #expect(schedule.due == nil)
        schedule.lineWritten(at: time(1))
        schedule.lineWritten(at: time(4))
        #expect(schedule.due == time(11) && !schedule.isDue(at: time(10.9)) && schedule.isDue(at: time(11)))
        schedule.lineWritten(at: time(5))
        #expect(schedule.isDue(at: time(5)) && schedule.unsigned == 3)
        schedule.checkpointWritten()
        #expect(schedule.due == nil)
        schedule.lineWritten(at: time(6))
        schedule.hasten()
        #expect(schedule.isDue(at: time(6)))
        schedule.checkpointWritten()
        schedule.lineWritten(at: time(7))
        #expect(schedule.due == time(17))
    }

    // MARK: Pending lines

    @Test func whatWaitsIsBounded() {
        for onFailure in LedgerSettings.FailurePolicy.allCases {
            let limit = 64 << 10
            var pending = pending(limit: limit, onFailure: onFailure)
            var taken = 0
            while pending.append(.request("r"), now: { time(0) }) != .refused, taken < 1000 { taken += 1 }
            #expect(pending.lines.count <= limit)
            #expect((taken == 1000) == (onFailure == .proceed))
            let before = pending.lines.count
            var spare = LedgerBuffer(capacity: 64)
            pending.take(into: &spare, now: time(0), time: WallClockTime(microseconds: 0))
            #expect(spare.count > before && spare.text.contains("\"kind\":\"lost\""))
            let outcomes = (0..<2).map { _ in pending.append(.request("r"), now: { time(0) }) }
            #expect(outcomes == [.taken(wakes: true), .taken(wakes: false)])
        }
    }

    @Test(arguments: LedgerSettings.FailurePolicy.allCases)
    func noMoreIsTakenThanThereIsRoomFor(onFailure: LedgerSettings.FailurePolicy) {
        let (now, wall) = (time(0), WallClockTime(microseconds: 0))
        var pending = pending(onFailure: onFailure, inFlight: 2)
        var spare = LedgerBuffer(capacity: 64)
        let full: LedgerPending.Outcome = onFailure == .refuse ? .refused : .taken(wakes: false)
        expectTrue(pending.append(.request("r"), now: { now }) == .taken(wakes: true))
        pending.take(into: &spare, now: now, time: wall)
        pending.writingSucceeded(room: 1, isSpaceShort: false)
        expectTrue(!pending.isFull)
        expectTrue(pending.append(.request("fits"), now: { now }) == .taken(wakes: true))
        expectTrue(pending.isFull && pending.isUrgent)
        // Those that were let in by then have their lines, too.
        var taken = 0
        while taken < 40, pending.append(.request("other"), now: { now }) == .taken(wakes: false) { taken += 1 }
        expectTrue(onFailure == .proceed ? taken == 40 : (2...16).contains(taken))
        spare.removeAll()
        pending.take(into: &spare, now: now, time: wall)
        expectTrue(spare.text.contains("fits") && spare.text.contains("\"kind\":\"lost\""))
        expectTrue(spare.text.contains("other") == (onFailure == .refuse))
        // What the writer is at takes its room until it has written it.
        expectTrue(pending.append(.request("r"), now: { now }) == full)
        // Nothing is said while it fails; at the end it is, as there will be no other time.
        pending.writingFailed()
        spare.removeAll()
        pending.take(into: &spare, now: now, time: wall)
        expectTrue(spare.isEmpty)
        pending.isStopping = true
        pending.take(into: &spare, now: now, time: wall)
        expectTrue(spare.text.contains("\"kind\":\"lost\""))
        pending.writingSucceeded(room: 1 << 20, isSpaceShort: false)
        expectTrue(!pending.isFull && pending.append(.request("again"), now: { now }) == .taken(wakes: true))
    }

    /// A request id may be 256 letters that are two each when printed.
    @Test func longLinesOfRequestsAtWorkHaveRoomToo() {
        let now = time(0)
        var pending = pending(onFailure: .refuse, inFlight: 20)
        pending.writingSucceeded(room: 1, isSpaceShort: false)
        let long = String(repeating: "\"", count: 256)
        for _ in 0...20 { expectTrue(pending.append(.request(long), now: { now }) != .refused) }
    }

    private func pending(
        limit: Int = 1 << 20,
        onFailure: LedgerSettings.FailurePolicy,
        inFlight: Int = 0
    ) -> LedgerPending {
        var settings = LedgerSettings(directory: "")
        (settings.pendingBytes, settings.onFailure, settings.requestsInFlight) = (limit, onFailure, inFlight)
        return LedgerPending(settings: settings, policy: policy(.all))
    }
}
