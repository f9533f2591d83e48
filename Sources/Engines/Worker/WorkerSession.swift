// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// One worker while it serves: what it was given and who waits for its answers.
///
/// Two threads use it: the instance's, which sends batches, and the one that started the worker, which hears what it
/// says; others bring what it has asked for. What is decided is decided by ``WorkerLedger`` and ``CallLedger``.
final class WorkerSession: Sendable {
    /// Between two looks at who has been cancelled or has waited too long.
    static let sweepNanoseconds: UInt64 = 25_000_000

    struct Recipient {
        var sender: ResponseSender
        /// When the worker has had long enough.
        var limit: MonotonicTime?
        var isCancelSent = false
        /// It has been told its end, and the worker has not said so yet.
        var isOver = false
    }

    struct State {
        var ledger: WorkerLedger
        var requestAreas: [SharedArea] = []
        var responseAreas: [SharedArea] = []
        var recipients: [UInt64: Recipient] = [:]
        /// Why it is gone.
        var ended: ServingError?
        var readiness = ReadinessQuestion()
        var estimate: LeaseEstimate
        /// Whether it has seen a batch through.
        var hasServed = false
        /// The batch that is the last thing it was told, if it was; and one that it never read before it ended.
        var lastSent: UInt64?
        var unread: UInt64?
    }

    /// A batch between its being opened and its being sent.
    struct Turn: Sendable {
        var batch: UInt64
        var firstRequest: UInt64
        var block: AreaSpan
        var area: SharedArea
        var lease: AreaSpan?
    }

    let channel: WorkerChannel
    let setup: WorkerSetup
    let state: Mutex<State>
    let batchDone: WakeWord
    let signal: WorkerSignal
    let calls: WorkerCalls

    init(channel: WorkerChannel, setup: WorkerSetup, signal: WorkerSignal, batchDone: WakeWord) {
        self.channel = channel
        self.setup = setup
        self.signal = signal
        self.batchDone = batchDone
        calls = WorkerCalls(setup)
        state = Mutex(
            State(
                ledger: WorkerLedger(
                    isDecoupled: setup.isDecoupled,
                    requestLimit: setup.limits.requestBytes,
                    outputLimit: setup.limits.outputBytes
                ),
                estimate: setup.estimate
            )
        )
    }

    /// For a worker that was started before its model was configured.
    func use(_ estimate: LeaseEstimate) { state.withLock { $0.estimate = estimate } }

    var hasServed: Bool { state.withLock { $0.hasServed } }

    /// Whether requests or calls are open that nobody but the one who asks looks after.
    var needsSweeping: Bool { calls.areRunning || (setup.isDecoupled && hasOpenRequests) }
    private var hasOpenRequests: Bool { state.withLock { !$0.recipients.isEmpty } }
    var openRequests: [InferenceRequest] { state.withLock { $0.recipients.values.map(\.sender.request) } }
    func isRunning(_ batch: UInt64) -> Bool { state.withLock { $0.ended == nil && $0.ledger.isRunning(batch) } }

    /// Opens a batch: from now on its requests fail if the worker does.
    /// - Returns: `nil` if it is gone already.
    func begin(_ block: RequestBlock, batch: ExecutionBatch) throws(ServingError) -> Turn? {
        let senders = batch.requests.indices.map { batch.sender(forRequestAt: $0) }
        let items = batch.totalBatchSize
        let now = MonotonicTime.now()
        let result = state.withLock { state -> Result<Turn?, BeginProblem> in
            guard state.ended == nil else { return .success(nil) }
            do throws(AreaProblem) {
                guard let span = try reserveBlock(block.byteCount, in: &state) else {
                    return .failure(state.ledger.keptBlockCount > 0 ? .worker(Self.keepsTooMuch) : .refused(tooLarge))
                }
                let wanted = state.estimate.bytes(forItems: items, lastTaken: state.ledger.lastOutputBytes)
                let lease = try reserveLease(wanted, in: &state)
                let opened = state.ledger.open(requests: senders.count, block: span, lease: lease)
                for (index, sender) in senders.enumerated() {
                    state.recipients[opened.firstRequest + UInt64(index)] =
                        Recipient(sender: sender, limit: limit(from: now))
                }
                return .success(
                    Turn(
                        batch: opened.batch,
                        firstRequest: opened.firstRequest,
                        block: span,
                        area: state.requestAreas[Int(span.area)],
                        lease: lease
                    )
                )
            } catch {
                return .failure(BeginProblem(error))
            }
        }
        switch result {
        case .success(let turn): return turn
        case .failure(.refused(let error)): throw error
        case .failure(.worker(let fault)):
            signal.giveUp(fault)
            throw setup.unhealthy(.unavailable)
        }
    }

    private static let keepsTooMuch = WorkerFault("its code holds on to the inputs of too many requests")
    private var tooLarge: ServingError {
        ServingError(
            .payloadTooLarge,
            "a batch exceeds the \(setup.limits.requestBytes) bytes that requests to model '\(setup.modelName)' may have"
        )
    }

    /// Counted from when the requests are handed over, as waiting in a queue is not the worker's doing; and never shorter
    /// because a client says so, as that would let it end workers.
    private func limit(from now: MonotonicTime) -> MonotonicTime? {
        let seconds = setup.limits.executionSeconds
        return seconds > 0 ? now.advanced(byNanoseconds: UInt64(seconds) * 1_000_000_000) : nil
    }

    /// Sends what was written into the turn's block and waits until the worker has said *done* or is gone.
    /// - Returns: `false` if it was gone already and never saw the batch, whose requests are the caller's again.
    func run(_ turn: Turn, requests: Int) -> Bool {
        let message = ServerMessage.execute(
            batch: turn.batch,
            requests: requests,
            block: turn.block,
            lease: turn.lease
        )
        state.withLock { $0.lastSent = turn.batch }
        do throws(WorkerFault) {
            if try !channel.sendPatiently(message), takeBack(turn.batch) { return false }
        } catch {
            signal.giveUp(error)
        }
        while isRunning(turn.batch) {
            let now = MonotonicTime.now()
            batchDone.wait(untilNanoseconds: now.advanced(byNanoseconds: Self.sweepNanoseconds).nanoseconds)
            sweep(at: .now())
        }
        if needsSweeping { signal.attention.post() }
        return state.withLock { $0.unread != turn.batch }
    }

    /// - Returns: whether nobody has told its requests an end by now.
    private func takeBack(_ batch: UInt64) -> Bool {
        state.withLock { state in
            guard state.ended == nil else { return false }
            for number in state.ledger.openRequests(of: batch) { state.recipients[number] = nil }
            state.unread = batch
            return true
        }
    }

    /// The worker has ended and has not read the last message. If that was a batch, no worker has seen it, and another may.
    func takeBackUnread() {
        if let batch = state.withLock({ $0.lastSent }) { _ = takeBack(batch) }
    }

    /// Passes cancellations on; gives the worker up if a request has waited too long for it.
    func sweep(at now: MonotonicTime) {
        let fault = state.withLock { state -> WorkerFault? in
            for (number, recipient) in state.recipients {
                if let limit = recipient.limit, limit <= now {
                    return .timeout("a request has taken longer than \(setup.limits.executionSeconds) s")
                }
                guard recipient.sender.isCancelled, !recipient.isCancelSent else { continue }
                do throws(WorkerFault) {
                    let sent = try channel.send(ServerMessage.cancel(request: number))
                    if sent == .sent { state.recipients[number]?.isCancelSent = true }
                    state.lastSent = nil
                } catch {
                    return error
                }
            }
            return nil
        }
        if let fault { signal.giveUp(fault) }
        calls.sweep(at: now, session: self)
    }

    /// Everything that is open fails; whoever comes later is told that it is gone.
    func end(openRequests: ServingError) {
        let (recipients, asking) = state.withLock { state in
            state.ended = openRequests
            defer { state.recipients = [:] }
            return (state.recipients, state.readiness.answered(nil))
        }
        calls.end()
        for recipient in recipients.values { recipient.sender.fail(openRequests) }
        for answer in asking { answer(false) }
        batchDone.post()
    }
}

extension WorkerSession {
    /// The open requests that a call is made for, and when the worker's time for them is over.
    /// - Parameter number: of one of them; 0 for all.
    func origins(_ number: UInt64) -> (requests: [InferenceRequest], limit: MonotonicTime?) {
        state.withLock { state in
            let open =
                number == 0
                ? state.recipients.sorted { $0.key < $1.key }.map(\.value)
                : state.recipients[number].map { [$0] } ?? []
            let wanted = open.filter { !$0.isOver }
            return (wanted.map(\.sender.request), wanted.compactMap(\.limit).min())
        }
    }

    func isOpen(_ request: InferenceRequest) -> Bool {
        state.withLock { state in state.recipients.values.contains { !$0.isOver && $0.sender.request === request } }
    }

    /// For what comes from elsewhere. A worker that does not read is given up.
    func send(_ message: [UInt8]) {
        guard state.withLock({ $0.ended == nil }) else { return }
        do throws(WorkerFault) {
            let sent = try channel.send(message)
            state.withLock { $0.lastSent = nil }
            guard sent == .full else { return }
            signal.giveUp(WorkerFault("it does not read its messages"))
        } catch {
            signal.giveUp(error)
        }
    }

    func tell(_ number: UInt64, _ answer: QuestionAnswer) { send(ServerMessage.told(number, answer)) }
}
