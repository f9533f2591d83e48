// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Scheduling

@Suite struct SchedulerStateTests {
    private func makeState(
        _ batching: DynamicBatching?,
        maxBatchSize: Int = 8,
        change: (inout SchedulerSettings) -> Void = { _ in }
    ) -> SchedulerState {
        var settings = SchedulerSettings(maxBatchSize: maxBatchSize, batching: batching)
        change(&settings)
        return SchedulerState(settings)
    }

    private struct Observed: Equatable {
        var ran: [String]?
        var until: MonotonicTime?
        var exited = false
        var dropped: [String] = []

        static func run(_ ids: String...) -> Observed { Observed(ran: ids) }
        static func wait(until time: UInt64? = nil, dropped: [String] = []) -> Observed {
            Observed(until: time.map { .at($0) }, dropped: dropped)
        }
        static let exit = Observed(exited: true)
    }

    private func step(_ state: inout SchedulerState, _ instance: Int = 0, at time: UInt64) -> Observed {
        var dropped: [DroppedRequest] = []
        var observed = Observed()
        switch state.nextStep(for: instance, now: .at(time), dropped: &dropped) {
        case .run(let requests, _): observed.ran = ids(requests)
        case .wait(let until): observed.until = until
        case .exit: observed.exited = true
        }
        observed.dropped = ids(dropped.map(\.scheduled))
        return observed
    }

    private func arrive(
        _ state: inout SchedulerState,
        _ scheduled: ScheduledRequest
    ) throws(ServingError) -> SchedulerState.Enqueued {
        try state.requestArrived(scheduled)
    }

    private func sweep(
        _ state: inout SchedulerState,
        at time: UInt64,
        dropped: inout [DroppedRequest]
    ) -> MonotonicTime? {
        state.sweep(now: .at(time), dropped: &dropped)
    }

    @Test func theDefaultSchedulerRunsEachAlone() throws {
        var state = makeState(nil)
        #expect(step(&state, at: 0) == .wait())
        #expect(try arrive(&state, makeScheduled("a")).wake == 0)
        #expect(try arrive(&state, makeScheduled("b")).wake == nil)
        #expect(state.pendingCount == 2)
        #expect(step(&state, at: 1) == .run("a"))
        #expect(step(&state, at: 2) == .run("b"))
        #expect(step(&state, at: 3) == .wait())
    }

    @Test func theInstanceThatFellIdleLastIsWokenFirst() throws {
        var state = makeState(nil)
        for instance in [2, 0, 1] { #expect(step(&state, instance, at: 0) == .wait()) }
        #expect(try arrive(&state, makeScheduled("a")).wake == 1)
        #expect(try arrive(&state, makeScheduled("b")).wake == 0)
        let (first, second) = (state.instanceToWakeForRest(), state.instanceToWakeForRest())
        #expect(first == 2 && second == nil)
    }

    @Test func anInstanceThatFailedLeavesTheWorkToTheOthers() throws {
        var state = makeState(nil)
        for instance in [0, 1, 2] { #expect(step(&state, instance, at: 0) == .wait()) }
        #expect(try arrive(&state, makeScheduled("a")).wake == 2)
        let failed = state.instanceFailed(2, of: 3)
        #expect(failed.goesAway && failed.wake == 1)
        #expect(step(&state, 1, at: 1) == .run("a"))
        #expect(try arrive(&state, makeScheduled("b")).wake == 0)
        #expect(try arrive(&state, makeScheduled("c")).wake == nil, "the one that is away is not woken")
        #expect(step(&state, 0, at: 2) == .run("b"))
        #expect(step(&state, 2, at: 3) == .run("c"), "it is back")
    }

    @Test func theLastInstanceStaysToRefuse() throws {
        var state = makeState(nil)
        for instance in [0, 1] { #expect(step(&state, instance, at: 0) == .wait()) }
        #expect(state.instanceFailed(0, of: 2).goesAway == true)
        #expect(try arrive(&state, makeScheduled("a")).wake == 1)
        #expect(state.instanceFailed(1, of: 2).goesAway == false)
        #expect(step(&state, 1, at: 1) == .run("a"))
    }

    @Test func anInstanceThatIsAwayIsWokenToExit() {
        var state = makeState(nil)
        for instance in [0, 1] { #expect(step(&state, instance, at: 0) == .wait()) }
        #expect(state.instanceFailed(0, of: 2).goesAway == true)
        #expect(state.stop().sorted() == [0, 1])
        #expect(state.instanceFailed(0, of: 2).goesAway == false)
        #expect(step(&state, 0, at: 1) == .exit)
    }

    @Test func batchesGrowWhileInstancesAreBusy() throws {
        var state = makeState(makeBatching())
        _ = try state.requestArrived(makeScheduled("a"))
        #expect(step(&state, at: 0) == .run("a"))
        for id in ["b", "c", "d"] { _ = try state.requestArrived(makeScheduled(id)) }
        #expect(step(&state, at: 1) == .run("b", "c", "d"))
    }

    @Test func ticketsCountWhatIsTaken() throws {
        var state = makeState(makeBatching(), maxBatchSize: 2)
        for id in ["a", "b", "c"] { _ = try state.requestArrived(makeScheduled(id)) }
        var dropped: [DroppedRequest] = []
        var tickets: [UInt64] = []
        for _ in 0..<2 {
            guard case .run(_, let first) = state.nextStep(for: 0, now: .at(0), dropped: &dropped) else { continue }
            tickets.append(first)
        }
        #expect(tickets == [0, 2])
    }

    @Test func oneIdleInstanceKeepsTheTime() throws {
        var state = makeState(makeBatching { $0.maxQueueDelayMicroseconds = 100 })
        #expect(step(&state, 0, at: 0) == .wait())
        #expect(step(&state, 1, at: 0) == .wait())
        #expect(try arrive(&state, makeScheduled("a", at: 10)).wake == 1)
        #expect(step(&state, 1, at: 10) == .wait(until: 110))
        // Too small a batch to disturb anyone, up to one less than the maximum.
        #expect(try arrive(&state, makeScheduled("b", at: 20, batchSize: 6)).wake == nil)
        #expect(step(&state, 0, at: 20) == .wait())
        #expect(try arrive(&state, makeScheduled("c", at: 30)).wake == 0)
        #expect(step(&state, 0, at: 30) == .run("a", "b", "c"))
        #expect(step(&state, 1, at: 110) == .wait())
    }

    @Test func theDelayEndsTheWait() throws {
        var state = makeState(makeBatching { $0.maxQueueDelayMicroseconds = 100 })
        _ = try state.requestArrived(makeScheduled("a", at: 10))
        #expect(step(&state, at: 109) == .wait(until: 110))
        #expect(step(&state, at: 110) == .run("a"))
    }

    @Test func shapesAreLookedAtAtOnce() throws {
        let spec = TensorSpec(name: "x", dataType: .fp32, shape: [-1])
        var state = makeState(makeBatching { $0.maxQueueDelayMicroseconds = 100 }) {
            $0.compatibility = BatchCompatibility(inputs: [spec])
        }
        func request(_ id: String, _ shape: Shape) -> ScheduledRequest {
            makeScheduled(id) {
                $0.inputs = [InputTensor(name: "x", dataType: .fp32, shape: shape, bytes: TensorBytes())]
            }
        }
        _ = try state.requestArrived(request("a", [1, 2]))
        #expect(step(&state, at: 0) == .wait(until: 100))
        #expect(try arrive(&state, request("b", [1, 3])).wake == 0)
        #expect(step(&state, at: 1) == .run("a"))
        #expect(step(&state, at: 2) == .wait(until: 100))
    }

    @Test func timeoutsWakeTheIdleInstance() throws {
        let batching = makeBatching {
            $0.maxQueueDelayMicroseconds = 100
            $0.defaultQueuePolicy = QueuePolicy(defaultTimeoutMicroseconds: 40)
        }
        var state = makeState(batching)
        let enqueued = try state.requestArrived(makeScheduled("a", at: 0))
        #expect(enqueued.armTimer == MonotonicTime(nanoseconds: 40_001))
        var expected = Observed.wait()
        expected.until = MonotonicTime(nanoseconds: 40_001)
        #expect(step(&state, at: 0) == expected)
        #expect(step(&state, at: 41) == .wait(dropped: ["a"]))
        #expect(state.pendingCount == 0)
    }

    @Test func theTimerIsArmedOnceForMany() throws {
        var state = makeState(nil)
        func arm(_ deadline: UInt64?) throws -> MonotonicTime? {
            try state.requestArrived(makeScheduled { $0.deadline = deadline.map { .at($0) } }).armTimer
        }
        #expect(try arm(nil) == nil)
        #expect(try arm(5000) == MonotonicTime(nanoseconds: 5_000_001))
        #expect(try arm(6000) == nil)
        #expect(try arm(4000) == MonotonicTime(nanoseconds: 4_000_001))
    }

    @Test func theTimerAnswersWhileAllAreBusy() throws {
        var state = makeState(nil)
        for (id, deadline) in [("a", 5000), ("b", 9000)] as [(String, UInt64)] {
            _ = try state.requestArrived(makeScheduled(id) { $0.deadline = .at(deadline) })
        }
        var dropped: [DroppedRequest] = []
        #expect(sweep(&state, at: 5001, dropped: &dropped) == MonotonicTime(nanoseconds: 9_000_001))
        #expect(ids(dropped.map(\.scheduled)) == ["a"])
        #expect(step(&state, at: 5002) == .run("b"))
        #expect(sweep(&state, at: 9001, dropped: &dropped) == nil)
    }

    @Test func theTimerPausesBetweenLooks() throws {
        var state = makeState(nil)
        _ = try state.requestArrived(makeScheduled { $0.deadline = .at(100) })
        var dropped: [DroppedRequest] = []
        #expect(sweep(&state, at: 99, dropped: &dropped) == MonotonicTime(nanoseconds: 99_000 + 1_000_100))
    }

    @Test func heldUntilEnoughAreQueued() throws {
        let batching = makeBatching { $0.defaultQueuePolicy = QueuePolicy(defaultTimeoutMicroseconds: 10) }
        var state = makeState(batching) { $0.holdUntilQueued = 3 }
        #expect(step(&state, at: 0) == .wait())
        #expect(try arrive(&state, makeScheduled("a")).wake == nil)
        #expect(try arrive(&state, makeScheduled("b", at: 50)).wake == nil)
        var dropped: [DroppedRequest] = []
        #expect(sweep(&state, at: 50, dropped: &dropped) != nil)
        #expect(dropped.isEmpty)
        #expect(try arrive(&state, makeScheduled("c", at: 50)).wake == 0)
        var expected = Observed.run("b", "c")
        expected.dropped = ["a"]
        #expect(step(&state, at: 51) == expected)
        #expect(step(&state, at: 52) == .wait())
        #expect(try arrive(&state, makeScheduled("d", at: 53)).wake == 0)
    }

    @Test func stopDrainsWithoutDelay() throws {
        var state = makeState(makeBatching { $0.maxQueueDelayMicroseconds = 1000 })
        #expect(step(&state, 1, at: 0) == .wait())
        _ = try state.requestArrived(makeScheduled("a"))
        _ = try state.requestArrived(makeScheduled("b"))
        #expect(step(&state, 0, at: 1) == .wait(until: 1000))
        let woken = state.stop()
        #expect(woken == [0])
        let text = "Server is stopping, scheduler for model has stopped accepting new inference requests"
        #expect(throws: ServingError(.unavailable, "[request id: c] " + text, reason: .rejected)) {
            try state.requestArrived(makeScheduled("c"))
        }
        #expect(step(&state, 0, at: 2) == .run("a", "b"))
        #expect(step(&state, 0, at: 3) == .exit)
        #expect(step(&state, 1, at: 3) == .exit)
    }
}
