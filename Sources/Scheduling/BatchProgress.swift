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

    struct Ended {
        var requests: [(index: Int, outcome: RequestReport.Outcome, at: MonotonicTime)]
        var timing: ExecutionTiming
        /// Whether it is the first time that a success is among them.
        var countsExecution: Bool
        /// Whether no request is left.
        var isLast: Bool
    }

    private struct Request {
        var outcome: RequestReport.Outcome?
        var ended: MonotonicTime
        var answers = 0
        var isReported = false
        var heldEnd: ResponseEvent?
    }

    private let isDecoupled: Bool
    private var requests: [Request]
    private var open: Int
    private var timing: ExecutionTiming?
    private var unreported = 0
    private var hasCountedExecution = false

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

    /// - Parameters:
    ///   - unanswered: the error for a request that the engine has forgotten.
    ///   - isAnsweredLater: whether the engine of a decoupled model has kept a way to answer a request.
    /// - Returns: the ends that are to be sent now.
    mutating func executionReturned(
        _ timing: ExecutionTiming,
        unanswered: (Int) -> ServingError,
        isAnsweredLater: (Int) -> Bool
    ) -> [(Int, ResponseEvent)] {
        self.timing = timing
        var ends: [(Int, ResponseEvent)] = []
        if isDecoupled {
            for index in requests.indices where requests[index].outcome == nil && !isAnsweredLater(index) {
                let event = ResponseEvent.failed(unanswered(index))
                end(index, event, now: timing.returned)
                requests[index].ended = timing.returned
                ends.append((index, event))
            }
            return ends
        }
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

    /// What there is to report once the engine has returned: each end once, those of ordinary models all together.
    mutating func takeEnded() -> Ended? {
        guard let timing, unreported > 0 else { return nil }
        var ended = Ended(requests: [], timing: timing, countsExecution: false, isLast: open == 0)
        ended.requests.reserveCapacity(unreported)
        for index in requests.indices where !requests[index].isReported {
            guard let outcome = requests[index].outcome else { continue }
            requests[index].isReported = true
            ended.requests.append((index, outcome, requests[index].ended))
            if outcome == .success, !hasCountedExecution {
                hasCountedExecution = true
                ended.countsExecution = true
            }
        }
        unreported = 0
        return ended
    }

    private mutating func end(_ index: Int, _ event: ResponseEvent, now: MonotonicTime) {
        if case .failed(let error) = event {
            requests[index].outcome = .failure(error.reason)
        } else {
            requests[index].outcome = .success
        }
        open -= 1
        unreported += 1
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
