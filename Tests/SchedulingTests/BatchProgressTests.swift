// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Scheduling

@Suite struct BatchProgressTests {
    private let answer = ResponseEvent.response(InferenceResponse(outputs: []), isFinal: true)
    private let part = ResponseEvent.response(InferenceResponse(outputs: []), isFinal: false)
    private let failure = ServingError(.internalError, "x", reason: .backend)
    private let timing = ExecutionTiming(started: .at(0), inputsReady: .at(1), outputsReady: .at(5), returned: .at(7))

    private func passes(_ verdict: BatchProgress.Verdict) -> Bool {
        if case .pass = verdict { true } else { false }
    }

    private func answered(
        _ progress: inout BatchProgress,
        _ event: ResponseEvent,
        requestAt index: Int,
        now: MonotonicTime
    ) -> BatchProgress.Verdict {
        progress.answered(event, requestAt: index, now: now)
    }

    private func complete(_ progress: inout BatchProgress) -> BatchProgress.Ended? { progress.takeEnded() }

    @Test func endsWaitForTheEngineToReturn() throws {
        var progress = BatchProgress(count: 3, started: .at(0), isDecoupled: false)
        #expect(!passes(answered(&progress, answer, requestAt: 1, now: .at(1))))
        #expect(!passes(answered(&progress, .failed(failure), requestAt: 1, now: .at(1))))
        #expect(passes(answered(&progress, part, requestAt: 2, now: .at(1))))
        #expect(!passes(answered(&progress, .failed(failure), requestAt: 2, now: .at(1))))
        #expect(!passes(answered(&progress, part, requestAt: 2, now: .at(1))))
        #expect(complete(&progress) == nil)
        let ends = progress.executionReturned(
            timing,
            unanswered: { ServingError(.internalError, "\($0)", reason: .other) },
            isAnsweredLater: { _ in false }
        )
        #expect(ends.map(\.0) == [0, 1, 2])
        guard case .failed(let forgotten) = ends[0].1 else { throw failure }
        #expect(forgotten.message == "0")
        let whole = try #require(complete(&progress))
        #expect(whole.requests.map(\.outcome) == [.failure(.other), .success, .failure(.backend)])
        #expect(whole.requests.map(\.at) == [.at(7), .at(7), .at(7)])
        #expect(whole.countsExecution && whole.isLast)
        #expect(complete(&progress) == nil)
        #expect(!passes(answered(&progress, part, requestAt: 0, now: .at(9))))
    }

    @Test func decoupledRequestsEndWhenTheyLike() throws {
        var progress = BatchProgress(count: 2, started: .at(0), isDecoupled: true)
        #expect(passes(answered(&progress, answer, requestAt: 0, now: .at(1))))
        #expect(complete(&progress) == nil)
        let ends = progress.executionReturned(timing, unanswered: { _ in failure }, isAnsweredLater: { $0 == 1 })
        #expect(ends.isEmpty)
        let early = try #require(complete(&progress))
        #expect(early.requests.map(\.index) == [0] && early.requests.map(\.at) == [.at(1)])
        #expect(early.countsExecution && !early.isLast)
        #expect(complete(&progress) == nil)
        guard case .pass(let first?) = answered(&progress, part, requestAt: 1, now: .at(8)),
            case .pass(let second?) = answered(&progress, .completed, requestAt: 1, now: .at(9))
        else { throw failure }
        #expect(first.index == 0 && first.outcome == .success && first.since == .at(0) && first.delivered == .at(8))
        #expect(second.index == 1 && second.outcome == .empty && second.since == .at(8))
        #expect(!passes(answered(&progress, part, requestAt: 1, now: .at(9))))
        let late = try #require(complete(&progress))
        #expect(late.requests.map(\.index) == [1] && late.requests.map(\.outcome) == [.success])
        #expect(!late.countsExecution && late.isLast)
        #expect(complete(&progress) == nil)
    }

    @Test func aDecoupledRequestThatNobodyCanAnswerEndsWithTheExecution() throws {
        var progress = BatchProgress(count: 2, started: .at(0), isDecoupled: true)
        #expect(passes(answered(&progress, part, requestAt: 0, now: .at(1))))
        let ends = progress.executionReturned(timing, unanswered: { _ in failure }, isAnsweredLater: { $0 == 1 })
        #expect(ends.map(\.0) == [0])
        let ended = try #require(complete(&progress))
        #expect(ended.requests.map(\.outcome) == [.failure(.backend)] && !ended.countsExecution && !ended.isLast)
        #expect(passes(answered(&progress, .completed, requestAt: 1, now: .at(9))))
        #expect(complete(&progress)?.countsExecution == true)
    }

    @Test(
        arguments: [
            (1, 5, [1000, 4000, 2000]), (nil, nil, [0, 7000, 0]), (2, nil, [2000, 5000, 0]), (nil, 6, [0, 6000, 1000]),
        ] as [(UInt64?, UInt64?, [UInt64])]
    )
    func phases(inputs: UInt64?, outputs: UInt64?, expected: [UInt64]) {
        let timing = ExecutionTiming(
            started: .at(0),
            inputsReady: inputs.map { .at($0) },
            outputsReady: outputs.map { .at($0) },
            returned: .at(7)
        )
        #expect([timing.input, timing.infer, timing.output] == expected)
    }
}
