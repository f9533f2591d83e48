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

    @Test func endsWaitForTheEngineToReturn() throws {
        var progress = BatchProgress(count: 3, started: .at(0), isDecoupled: false)
        #expect(!passes(progress.answered(answer, requestAt: 1, now: .at(1))))
        #expect(!passes(progress.answered(.failed(failure), requestAt: 1, now: .at(1))))
        #expect(passes(progress.answered(part, requestAt: 2, now: .at(1))))
        #expect(!passes(progress.answered(.failed(failure), requestAt: 2, now: .at(1))))
        #expect(!passes(progress.answered(part, requestAt: 2, now: .at(1))))
        #expect(progress.takeOutcomesIfComplete() == nil)
        let ends = progress.executionReturned(timing) { ServingError(.internalError, "\($0)", reason: .other) }
        #expect(ends.map(\.0) == [0, 1, 2])
        guard case .failed(let forgotten) = ends[0].1 else { throw failure }
        #expect(forgotten.message == "0")
        let complete = try #require(progress.takeOutcomesIfComplete())
        #expect(complete.outcomes == [.failure(.other), .success, .failure(.backend)])
        #expect(complete.ended == [.at(7), .at(7), .at(7)])
        #expect(progress.takeOutcomesIfComplete() == nil)
        #expect(!passes(progress.answered(part, requestAt: 0, now: .at(9))))
    }

    @Test func decoupledRequestsEndWhenTheyLike() throws {
        var progress = BatchProgress(count: 2, started: .at(0), isDecoupled: true)
        #expect(passes(progress.answered(answer, requestAt: 0, now: .at(1))))
        let ends = progress.executionReturned(timing) { _ in failure }
        #expect(ends.isEmpty)
        #expect(progress.takeOutcomesIfComplete() == nil)
        guard case .pass(let first?) = progress.answered(part, requestAt: 1, now: .at(8)),
            case .pass(let second?) = progress.answered(.completed, requestAt: 1, now: .at(9))
        else { throw failure }
        #expect(first.index == 0 && first.outcome == .success && first.since == .at(0) && first.delivered == .at(8))
        #expect(second.index == 1 && second.outcome == .empty && second.since == .at(8))
        #expect(!passes(progress.answered(part, requestAt: 1, now: .at(9))))
        let complete = try #require(progress.takeOutcomesIfComplete())
        #expect(complete.outcomes == [.success, .success])
        #expect(complete.ended == [.at(1), .at(9)])
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
