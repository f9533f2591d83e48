// SPDX-License-Identifier: Apache-2.0
import Inference

/// The three phases of an execution, in nanoseconds. A phase whose border the engine did not set counts as "infer".
struct ExecutionTiming {
    let input: UInt64
    let infer: UInt64
    let output: UInt64
    let returned: MonotonicTime

    init(started: MonotonicTime, inputsReady: MonotonicTime?, outputsReady: MonotonicTime?, returned: MonotonicTime) {
        let inputEnd = inputsReady ?? started
        let outputStart = outputsReady ?? returned
        input = inputEnd.nanoseconds(since: started)
        infer = outputStart.nanoseconds(since: inputEnd)
        output = returned.nanoseconds(since: outputStart)
        self.returned = returned
    }
}

/// How far the requests of one batch are: which have ended and how, and which ends are kept back.
struct BatchProgress {
    enum Verdict {
        /// Send it on now; the report is there for decoupled models.
        case pass(ResponseReport?)
        /// The answer is kept, or comes after the end and is ignored.
        case hold
    }

    struct Complete {
        var outcomes: [RequestReport.Outcome]
        var ended: [MonotonicTime]
        var timing: ExecutionTiming
    }

    private struct Request {
        var outcome: RequestReport.Outcome?
        var ended: MonotonicTime
        var answers = 0
        var heldEnd: ResponseEvent?
    }

    private let isDecoupled: Bool
    private var requests: [Request]
    private var open: Int
    private var timing: ExecutionTiming?
    private var isReported = false

    init(count: Int, started: MonotonicTime, isDecoupled: Bool) {
        self.isDecoupled = isDecoupled
        requests = Array(repeating: Request(ended: started), count: count)
        open = count
    }

    mutating func answered(_ event: ResponseEvent, requestAt index: Int, now: MonotonicTime) -> Verdict {
        guard requests[index].outcome == nil, isDecoupled || timing == nil else { return .hold }
        let isEnd = event.isEnd
        if isEnd { end(index, event, now: now) }
        guard isDecoupled else {
            // Only the last answer of an ordinary model waits for the engine to return.
            guard isEnd else { return .pass(nil) }
            requests[index].heldEnd = event
            return .hold
        }
        let report = ResponseReport(
            index: requests[index].answers,
            outcome: event.responseOutcome,
            since: requests[index].ended,
            delivered: now
        )
        requests[index].answers += 1
        requests[index].ended = now
        return .pass(report)
    }

    /// - Parameter unanswered: the error for a request that the engine has forgotten.
    /// - Returns: the ends that are to be sent now.
    mutating func executionReturned(
        _ timing: ExecutionTiming,
        unanswered: (Int) -> ServingError
    ) -> [(Int, ResponseEvent)] {
        self.timing = timing
        guard !isDecoupled else { return [] }
        var ends: [(Int, ResponseEvent)] = []
        ends.reserveCapacity(requests.count)
        for index in requests.indices {
            let event: ResponseEvent
            if let held = requests[index].heldEnd {
                event = held
            } else {
                event = .failed(unanswered(index))
                end(index, event, now: timing.returned)
            }
            requests[index].heldEnd = nil
            requests[index].ended = timing.returned
            ends.append((index, event))
        }
        return ends
    }

    /// What there is to report once the engine has returned and every request has ended; given once.
    mutating func takeOutcomesIfComplete() -> Complete? {
        guard let timing, open == 0, !isReported else { return nil }
        isReported = true
        return Complete(outcomes: requests.compactMap(\.outcome), ended: requests.map(\.ended), timing: timing)
    }

    private mutating func end(_ index: Int, _ event: ResponseEvent, now: MonotonicTime) {
        if case .failed(let error) = event {
            requests[index].outcome = .failure(error.reason)
        } else {
            requests[index].outcome = .success
        }
        open -= 1
    }
}

extension ResponseEvent {
    var isEnd: Bool {
        switch self {
        case .response(_, let isFinal): isFinal
        case .completed, .failed: true
        }
    }

    fileprivate var responseOutcome: ResponseReport.Outcome {
        switch self {
        case .response: .success
        case .completed: .empty
        case .failed(let error): .failure(error.reason)
        }
    }
}
