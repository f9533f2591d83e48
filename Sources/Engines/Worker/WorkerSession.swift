// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// One worker while it serves: what it was given and who waits for its answers.
///
/// Two threads use it: the instance's, which sends batches, and the one that started the worker, which hears what it
/// says. What is decided is decided by ``WorkerLedger``.
final class WorkerSession: Sendable {
    /// Between two looks at who has been cancelled or has waited too long.
    static let sweepNanoseconds: UInt64 = 25_000_000

    private struct Recipient {
        var sender: ResponseSender
        /// When the worker has had long enough.
        var limit: MonotonicTime?
        var isCancelSent = false
        /// It has been told its end, and the worker has not said so yet.
        var isOver = false
    }

    private struct State {
        var ledger: WorkerLedger
        var requestAreas: [SharedArea] = []
        var responseAreas: [SharedArea] = []
        var recipients: [UInt64: Recipient] = [:]
        /// What whoever comes now is told.
        var ended: ServingError?
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
    private let setup: WorkerSetup
    private let state: Mutex<State>
    private let batchDone: WakeWord
    private let signal: WorkerSignal

    init(channel: WorkerChannel, setup: WorkerSetup, signal: WorkerSignal, batchDone: WakeWord) {
        self.channel = channel
        self.setup = setup
        self.signal = signal
        self.batchDone = batchDone
        state = Mutex(
            State(
                ledger: WorkerLedger(
                    isDecoupled: setup.isDecoupled,
                    requestLimit: setup.limits.requestBytes,
                    outputLimit: setup.limits.outputBytes
                )
            )
        )
    }

    var hasOpenRequests: Bool { state.withLock { !$0.recipients.isEmpty } }
    var openRequestCount: Int { state.withLock { $0.recipients.count } }
    func isRunning(_ batch: UInt64) -> Bool { state.withLock { $0.ended == nil && $0.ledger.isRunning(batch) } }

    /// The first areas, and the arguments in one of them.
    func sendStart(arguments: [UInt8]) throws(WorkerFault) {
        try state.withLock { (state) throws(WorkerFault) in
            do throws(AreaProblem) {
                try add(.response, bytes: AreaRanges.smallestArea, to: &state)
                let span = try reserveBlock(arguments.count, in: &state)
                guard let span else { throw .worker(WorkerFault("the model's configuration is too large for it")) }
                state.requestAreas[Int(span.area)].write(span) { $0.copyBytes(from: arguments) }
                try send(ServerMessage.start(arguments: span))
            } catch {
                throw error.asFault
            }
        }
    }

    private func send(_ message: [UInt8]) throws(AreaProblem) {
        do throws(WorkerFault) {
            try channel.sendPatiently(message)
        } catch {
            throw .worker(error)
        }
    }

    private func add(_ use: WorkerProtocol.AreaUse, bytes: Int, to state: inout State) throws(AreaProblem) {
        let number = UInt32(use == .request ? state.requestAreas.count : state.responseAreas.count)
        let area = try SharedArea(use, bytes: bytes) { (descriptor) throws(WorkerFault) in
            let message = ServerMessage.area(number, use, bytes: bytes)
            guard try channel.send(message, passing: descriptor) == .sent else {
                throw WorkerFault("it does not read its messages")
            }
        }
        switch use {
        case .request:
            state.requestAreas.append(area)
            state.ledger.requestRanges.addArea(bytes: bytes)
        case .response:
            state.responseAreas.append(area)
            state.ledger.responseRanges.addArea(bytes: bytes)
        }
    }

    private func reserveBlock(_ bytes: Int, in state: inout State) throws(AreaProblem) -> AreaSpan? {
        while true {
            switch state.ledger.requestRanges.reserve(bytes) {
            case .span(let span): return span
            case .refused: return nil
            case .needsArea(let bytes): try add(.request, bytes: bytes, to: &state)
            }
        }
    }

    private func reserveLease(_ bytes: Int, in state: inout State) throws(AreaProblem) -> AreaSpan? {
        guard bytes > 0 else { return nil }
        while true {
            switch state.ledger.responseRanges.reserve(bytes) {
            case .span(let span): return span
            case .refused: return nil
            case .needsArea(let bytes): try add(.response, bytes: bytes, to: &state)
            }
        }
    }

    /// Opens a batch: from now on its requests fail if the worker does.
    func begin(_ block: RequestBlock, batch: ExecutionBatch) throws(ServingError) -> Turn {
        let senders = batch.requests.indices.map { batch.sender(forRequestAt: $0) }
        let items = batch.totalBatchSize
        let now = MonotonicTime.now()
        let result = state.withLock { state -> Result<Turn, BeginProblem> in
            if let ended = state.ended { return .failure(.refused(ended)) }
            do throws(AreaProblem) {
                guard let span = try reserveBlock(block.byteCount, in: &state) else {
                    return .failure(state.ledger.keptBlockCount > 0 ? .worker(Self.keepsTooMuch) : .refused(tooLarge))
                }
                let wanted = setup.estimate.bytes(forItems: items, lastTaken: state.ledger.lastOutputBytes)
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
    func run(_ turn: Turn, requests: Int) {
        let message = ServerMessage.execute(
            batch: turn.batch,
            requests: requests,
            block: turn.block,
            lease: turn.lease
        )
        do throws(WorkerFault) {
            try channel.sendPatiently(message)
        } catch {
            signal.giveUp(error)
        }
        while isRunning(turn.batch) {
            let now = MonotonicTime.now()
            batchDone.wait(untilNanoseconds: now.advanced(byNanoseconds: Self.sweepNanoseconds).nanoseconds)
            sweep(at: .now())
        }
        if setup.isDecoupled, hasOpenRequests { signal.attention.post() }
    }

    /// Passes cancellations on; gives the worker up if a request has waited too long for it.
    func sweep(at now: MonotonicTime) {
        let fault = state.withLock { state -> WorkerFault? in
            for (number, recipient) in state.recipients {
                if let limit = recipient.limit, limit <= now {
                    return WorkerFault("a request has taken longer than \(setup.limits.executionSeconds) s")
                }
                guard recipient.sender.isCancelled, !recipient.isCancelSent else { continue }
                do throws(WorkerFault) {
                    let sent = try channel.send(ServerMessage.cancel(request: number))
                    if sent == .sent { state.recipients[number]?.isCancelSent = true }
                } catch {
                    return error
                }
            }
            return nil
        }
        if let fault { signal.giveUp(fault) }
    }

    /// Everything that is open fails; whoever comes later is refused.
    func end(openRequests: ServingError, refusal: ServingError) {
        let recipients = state.withLock { state in
            state.ended = refusal
            defer { state.recipients = [:] }
            return state.recipients
        }
        for recipient in recipients.values { recipient.sender.fail(openRequests) }
        batchDone.post()
    }

    /// Does what `message` says, if it may.
    func received(_ message: WorkerMessage) throws(WorkerFault) {
        switch message {
        case .respond(let batch, let responses):
            for response in responses { try deliver(response, batch: batch) }
        case .done(let batch, let failure): try done(batch, failure: failure)
        case .leaseWanted(let number, let bytes): try leaseWanted(number, bytes: bytes)
        case .leaseReturned(let area, let offset):
            try state.withLock { (state) throws(WorkerFault) in
                try state.ledger.leaseReturned(area: area, offset: offset)
            }
        case .inputsKept(let batch):
            try state.withLock { (state) throws(WorkerFault) in try state.ledger.inputsKept(batch) }
        case .inputsReleased(let batch):
            try state.withLock { (state) throws(WorkerFault) in try state.ledger.inputsReleased(batch) }
        case .log(let level, let text): setup.logged(level, text)
        case .hello, .ready, .refused, .probed: throw WorkerFault("a message that has no place while it serves")
        }
    }

    private func deliver(_ response: WorkerResponse, batch: UInt64) throws(WorkerFault) {
        let (sender, areas) = try state.withLock { (state) throws(WorkerFault) -> (ResponseSender?, [SharedArea]) in
            try state.ledger.accept(response, batch: batch)
            guard let recipient = state.recipients[response.request], !recipient.isOver else { return (nil, []) }
            if response.error != nil { state.recipients[response.request]?.isOver = true }
            return (recipient.sender, state.responseAreas)
        }
        if let sender { try send(response, through: sender, areas: areas) }
        guard response.isLast else { return }
        // Let go of outside of the lock: a sender that has not been told an end tells one as it goes.
        let recipient = state.withLock { $0.recipients.removeValue(forKey: response.request) }
        withExtendedLifetime(recipient) {}
    }

    private func send(
        _ response: WorkerResponse,
        through sender: ResponseSender,
        areas: [SharedArea]
    ) throws(WorkerFault) {
        if let error = response.error { return sender.fail(error) }
        if response.isEmpty { return sender.complete() }
        var outputs: [OutputTensor] = []
        for output in response.wanted(by: sender.request) { outputs.append(try output.tensor(in: areas)) }
        let parameters = try JSONObjectReader.parameters(response.parameters)
        sender.send(InferenceResponse(outputs: outputs, parameters: parameters), isFinal: response.isLast)
    }

    private func done(_ batch: UInt64, failure: String?) throws(WorkerFault) {
        let unanswered = try state.withLock { (state) throws(WorkerFault) -> [Recipient] in
            let open = try state.ledger.done(batch)
            // A decoupled model may answer later, unless it failed.
            guard !setup.isDecoupled || failure != nil else { return [] }
            return open.compactMap { number in
                state.ledger.close(number)
                return state.recipients.removeValue(forKey: number)
            }
        }
        if let failure {
            let error = ServingError(.internalError, failure, reason: .backend)
            for recipient in unanswered { recipient.sender.fail(error) }
        }
        batchDone.post()
    }

    private func leaseWanted(_ number: UInt64, bytes: UInt64) throws(WorkerFault) {
        try state.withLock { (state) throws(WorkerFault) in
            var span: AreaSpan?
            asking: while true {
                switch try state.ledger.leaseWanted(bytes: bytes) {
                case .granted(let granted):
                    span = granted
                    break asking
                case .refused: break asking
                case .needsArea(let bytes):
                    do throws(AreaProblem) {
                        try add(.response, bytes: bytes, to: &state)
                    } catch {
                        guard case .system = error else { throw error.asFault }
                        // The system has no memory for it: as if it were too large.
                        break asking
                    }
                }
            }
            guard try channel.send(ServerMessage.lease(number, span)) == .sent else {
                throw WorkerFault("it does not read its messages")
            }
        }
    }
}
