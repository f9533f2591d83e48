// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// The calls that one worker makes of other models, and its questions about models. What may be is decided by
/// ``CallLedger`` and by whoever is behind ``ModelCalls``.
final class WorkerCalls: Sendable {
    private struct Running {
        /// `nil` until it is queued.
        var request: InferenceRequest?
        var origins: [InferenceRequest] = []
        /// It was to be cancelled before it was queued.
        var isCancelled = false
    }

    private struct State {
        var ledger: CallLedger
        var running: [UInt64: Running] = [:]
        var questions = 0
        var hasEnded = false
    }

    private let setup: WorkerSetup
    private let state: Mutex<State>

    init(_ setup: WorkerSetup) {
        self.setup = setup
        state = Mutex(
            State(ledger: CallLedger(countLimit: setup.limits.calls, byteLimit: setup.limits.outputBytes))
        )
    }

    /// Whether somebody has to look after calls that take too long.
    var areRunning: Bool { state.withLock { !$0.running.isEmpty } }

    // MARK: what the worker says

    func begin(_ number: UInt64, _ call: WorkerCall, session: WorkerSession) throws(WorkerFault) {
        let bytes = try session.inputBytes(of: call)
        let origins = session.origins(call.origin)
        let refusal = try state.withLock { (state) throws(WorkerFault) -> ServingError? in
            let refusal = try state.ledger.open(number, inputBytes: bytes)
            if refusal == nil { state.running[number] = Running(origins: origins.requests) }
            return refusal
        }
        if let refusal { return answered(number, .failed(refusal), session) }
        let fields = try call.fields(inputs: session.inputs(of: call))
        let sink = CallSink(number, self, session)
        do throws(ServingError) {
            guard let calls = setup.calls else { throw Self.noCalls }
            let request = try calls.begin(
                ModelCall(
                    caller: setup.identity,
                    origins: origins.requests,
                    model: call.model,
                    version: call.version,
                    fields: fields,
                    takesStream: call.takesStream,
                    limit: origins.limit
                ),
                sink: sink
            )
            let isUnwanted = state.withLock { state in
                // It may have been answered before this.
                state.running[number]?.request = request
                return state.hasEnded || state.running[number]?.isCancelled == true
            }
            if isUnwanted { request.cancel() }
        } catch {
            answered(number, .failed(error), session)
        }
    }

    private static let noCalls = ServingError(.unsupported, "there are no other models here that could be called")

    /// Of a call that is over already it means nothing: they may cross each other on the way.
    func cancelled(_ number: UInt64) {
        let request = state.withLock { state -> InferenceRequest? in
            state.running[number]?.isCancelled = true
            return state.running[number]?.request
        }
        request?.cancel()
    }

    func taken(_ number: UInt64, session: WorkerSession) throws(WorkerFault) {
        let (span, next) = try state.withLock { (state) throws(WorkerFault) in try state.ledger.taken(number) }
        if let span { session.releaseRequestBytes(span) }
        if let next { send(next, of: number, session) }
    }

    func asked(_ number: UInt64, _ question: ModelQuestion, parts: LoadParameters, session: WorkerSession) {
        switch question.what {
        case .isReady:
            let origins = session.origins(0).requests
            let isReady =
                setup.calls?.isReady(
                    question.model,
                    version: question.version,
                    for: origins,
                    caller: setup.identity
                ) ?? false
            session.tell(number, .value(isReady ? 1 : 0))
        case .load: change(number, question.model, .load(parts), session)
        case .unload: change(number, question.model, .unload(includingDependents: false), session)
        case .unloadWithDependents: change(number, question.model, .unload(includingDependents: true), session)
        }
    }

    private func change(_ number: UInt64, _ model: String, _ change: ModelChange, _ session: WorkerSession) {
        let isTooMany = state.withLock { state in
            guard state.questions < WorkerProtocol.questionCount else { return true }
            state.questions += 1
            return false
        }
        guard !isTooMany, let calls = setup.calls else {
            let error = isTooMany ? ServingError(.unavailable, "too many loads and unloads at once") : Self.noCalls
            return session.tell(number, .failed(error))
        }
        calls.change(model, change, caller: setup.identity) { [self] error in
            state.withLock { $0.questions -= 1 }
            session.tell(number, error.map { .failed($0) } ?? .value(1))
        }
    }

    // MARK: what models answer

    fileprivate func answered(_ number: UInt64, _ event: ResponseEvent, _ session: WorkerSession) {
        let (step, unwanted) = state.withLock { state -> (CallLedger.Step, InferenceRequest?) in
            let step = state.ledger.answered(number, event)
            guard !state.ledger.isRunning(number) else { return (step, nil) }
            let over = state.running.removeValue(forKey: number)
            if case .overflow = step { return (step, over?.request) }
            return (step, nil)
        }
        unwanted?.cancel()
        if case .send(let answer) = step { send(answer, of: number, session) }
    }

    private func send(_ answer: CallLedger.Answer, of number: UInt64, _ session: WorkerSession) {
        let block = AnswerBlock(call: number, answer.event)
        let place = block.flatMap { session.reserveRequestBytes($0.byteCount) }
        if let block, let place { place.area.write(place.span) { block.write(into: $0, at: place.span) } }
        let unwanted = state.withLock { state -> InferenceRequest? in
            state.ledger.placed(number, at: place?.span)
            guard !state.ledger.isRunning(number) else { return nil }
            return state.running.removeValue(forKey: number)?.request
        }
        unwanted?.cancel()
        session.send(ServerMessage.answer(call: number, place?.span))
    }

    // MARK: what nobody says

    /// Ends calls whose time is up, or that nobody waits for any more.
    func sweep(at now: MonotonicTime, session: WorkerSession) {
        let running = state.withLock { $0.running }
        guard !running.isEmpty else { return }
        for (number, call) in running {
            guard let request = call.request else { continue }
            let isLate = request.fields.deadline.map { $0 <= now } ?? false
            if !isLate, call.origins.contains(where: { !$0.isCancelled && session.isOpen($0) }) { continue }
            request.cancel()
            let error: ServingError =
                isLate
                ? .requestDeadlineExceeded(id: request.fields.id)
                : ServingError(.cancelled, request.errorPrefix + "nobody waits for the call any more")
            answered(number, .failed(error), session)
        }
    }

    /// The worker is gone, and with it whoever would read answers.
    func end() {
        let running = state.withLock { state in
            state.hasEnded = true
            defer { state.running = [:] }
            return state.running
        }
        for call in running.values { call.request?.cancel() }
    }
}

/// Where the model that was called answers.
private final class CallSink: ResponseSink {
    private let number: UInt64
    private let calls: WorkerCalls
    private let session: WorkerSession

    init(_ number: UInt64, _ calls: WorkerCalls, _ session: WorkerSession) {
        self.number = number
        self.calls = calls
        self.session = session
    }

    func receive(_ event: ResponseEvent) { calls.answered(number, event, session) }
}
