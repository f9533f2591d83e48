// SPDX-License-Identifier: Apache-2.0
private import DequeModule
internal import Inference

/// What one worker has asked of other models and not been told the end of. A value: what models answer and what the
/// worker says goes in, what it is to be sent comes out.
///
/// A worker has one answer of a call at a time; the others wait here, so that one that does not read costs no more than
/// the bytes that are allowed.
struct CallLedger: Sendable {
    struct Answer: Sendable {
        var event: ResponseEvent
        var isLast: Bool
        /// Of its tensors.
        var bytes: Int
    }

    /// What comes of an answer.
    enum Step: Sendable {
        case send(Answer)
        case wait
        /// Too much waits to be taken: the call fails, and the model need not go on.
        case overflow
    }

    private enum Place {
        case none
        /// It is being written.
        case coming(isLast: Bool)
        case with(AreaSpan?, isLast: Bool)
    }

    private struct Call {
        var inputBytes: Int
        var waiting: Deque<Answer> = []
        var place = Place.none
        /// Nothing of what the model still says counts.
        var hasEnded = false
    }

    let countLimit: Int
    /// Of inputs, and of answers that wait.
    let byteLimit: Int
    private var calls: [UInt64: Call] = [:]
    private(set) var bytes = 0

    init(countLimit: Int, byteLimit: Int) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    var count: Int { calls.count }
    var isEmpty: Bool { calls.isEmpty }
    /// Whether the model that was called may still answer.
    func isRunning(_ number: UInt64) -> Bool { calls[number].map { !$0.hasEnded } ?? false }

    /// - Returns: why it is not to be run, to be told as its only answer.
    mutating func open(_ number: UInt64, inputBytes: Int) throws(WorkerFault) -> ServingError? {
        guard calls[number] == nil else { throw WorkerFault("call \(number) is not over and made again") }
        guard calls.count < WorkerProtocol.callCount else {
            throw WorkerFault("more than \(WorkerProtocol.callCount) calls whose answers it does not take")
        }
        let running = calls.values.count { !$0.hasEnded }
        calls[number] = Call(inputBytes: 0)
        guard running < countLimit else {
            return ServingError(
                .unavailable,
                "the model has \(running) calls of other models in flight, at most \(countLimit) are allowed",
                reason: .rejected
            )
        }
        let (sum, overflow) = bytes.addingReportingOverflow(inputBytes)
        guard !overflow, sum <= byteLimit else {
            return ServingError(
                .payloadTooLarge,
                "the model's calls of other models have more than \(byteLimit) bytes in flight",
                reason: .rejected
            )
        }
        bytes = sum
        calls[number]?.inputBytes = inputBytes
        return nil
    }

    /// The model that was called, or whoever ends the call, says something.
    mutating func answered(_ number: UInt64, _ event: ResponseEvent) -> Step {
        guard var call = calls[number], !call.hasEnded else { return .wait }
        let answer = Answer(event)
        if answer.isLast { end(&call) }
        guard case .none = call.place, call.waiting.isEmpty else {
            let (sum, overflow) = bytes.addingReportingOverflow(answer.bytes)
            guard !overflow, sum <= byteLimit else { return overflowed(number, call) }
            bytes = sum
            call.waiting.append(answer)
            calls[number] = call
            return .wait
        }
        call.place = .coming(isLast: answer.isLast)
        calls[number] = call
        return .send(answer)
    }

    private mutating func overflowed(_ number: UInt64, _ call: Call) -> Step {
        var call = call
        if !call.hasEnded { end(&call) }
        bytes -= call.waiting.reduce(0) { $0 + $1.bytes }
        let error = ServingError(
            .resourceExhausted,
            "the model does not take the answers of its calls: more than \(byteLimit) bytes wait",
            reason: .rejected
        )
        var failure = Answer(.failed(error))
        // It is told however little room there is.
        failure.bytes = 0
        call.waiting = [failure]
        calls[number] = call
        return .overflow
    }

    private mutating func end(_ call: inout Call) {
        call.hasEnded = true
        bytes -= call.inputBytes
        call.inputBytes = 0
    }

    /// The answer that was to be sent is about to be; `nil` if there was no room, and only that is said.
    mutating func placed(_ number: UInt64, at span: AreaSpan?) {
        guard var call = calls[number], case .coming(let isLast) = call.place else { return }
        if span == nil {
            if !call.hasEnded { end(&call) }
            bytes -= call.waiting.reduce(0) { $0 + $1.bytes }
            call.waiting = []
        }
        call.place = .with(span, isLast: isLast || span == nil)
        calls[number] = call
    }

    /// The worker has read its answer.
    /// - Returns: what it no longer needs, and what comes next.
    mutating func taken(_ number: UInt64) throws(WorkerFault) -> (AreaSpan?, Answer?) {
        guard var call = calls[number], case .with(let span, let isLast) = call.place else {
            throw WorkerFault("an answer to call \(number) is taken that was not given")
        }
        guard !isLast else {
            calls[number] = nil
            return (span, nil)
        }
        guard let next = call.waiting.popFirst() else {
            call.place = .none
            calls[number] = call
            return (span, nil)
        }
        bytes -= next.bytes
        call.place = .coming(isLast: next.isLast)
        calls[number] = call
        return (span, next)
    }
}

extension CallLedger.Answer {
    init(_ event: ResponseEvent) {
        self.event = event
        switch event {
        case .response(let response, let isFinal):
            isLast = isFinal
            // What each costs besides, so that many without content are bounded too.
            bytes = response.outputs.reduce(256) { $0 + $1.bytes.count + 256 }
        case .completed, .failed:
            isLast = true
            bytes = 256
        }
    }
}
