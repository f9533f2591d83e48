// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Synchronization

/// What a worker says.
extension WorkerSession {
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
        case .probed(let number, let isReady): try probed(number, isReady: isReady)
        case .call(let number, let call): try calls.begin(number, call, session: self)
        case .answerTaken(let call): try calls.taken(call, session: self)
        case .callCancelled(let call): calls.cancelled(call)
        case .ask(let number, let question): try asked(number, question)
        case .measure(let metric, let measurement): try setup.metrics.measured(metric, measurement)
        case .hello, .ready, .refused: throw WorkerFault("a message that has no place while it serves")
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
            if failure == nil { state.hasServed = true }
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

    /// Bytes that copies of a call's inputs take, if all lie where they may.
    func inputBytes(of call: WorkerCall) throws(WorkerFault) -> Int {
        try state.withLock { (state) throws(WorkerFault) in try state.ledger.inputBytes(of: call.inputs) }
    }

    /// Copies of what a call's inputs are, checked once they can change no more. Where they lie was checked.
    func inputs(of call: WorkerCall) throws(WorkerFault) -> [InputTensor] {
        let areas = state.withLock { $0.responseAreas }
        var inputs: [InputTensor] = []
        for input in call.inputs {
            let tensor = try input.tensor(in: areas)
            inputs.append(
                InputTensor(name: tensor.name, dataType: tensor.dataType, shape: tensor.shape, bytes: tensor.bytes)
            )
        }
        return inputs
    }

    private func asked(_ number: UInt64, _ question: WorkerQuestion) throws(WorkerFault) {
        switch question {
        case .models(let question):
            calls.asked(number, question, parts: try parameters(of: question), session: self)
        case .family(let wanted): tell(number, setup.metrics.family(wanted))
        case .metric(let wanted): tell(number, setup.metrics.metric(wanted))
        case .value(let metric): tell(number, try setup.metrics.value(metric))
        }
    }

    private func parameters(of question: ModelQuestion) throws(WorkerFault) -> LoadParameters {
        let areas = try state.withLock { (state) throws(WorkerFault) in
            try state.ledger.checkPlaces(of: question.parts)
            return state.responseAreas
        }
        var parameters = LoadParameters()
        for part in question.parts {
            let bytes =
                part.length == 0
                ? TensorBytes() : areas[Int(part.area)].copy(offset: Int(part.offset), length: Int(part.length))
            let content = bytes.withUnsafeBytes { Array($0) }
            if part.name.isEmpty {
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw WorkerFault("the configuration of a model to load is no UTF-8")
                }
                parameters.configuration = text
            } else {
                parameters.files[part.name] = content
            }
        }
        return parameters
    }

    private func probed(_ number: UInt64, isReady: Bool) throws(WorkerFault) {
        let asking = state.withLock { $0.readiness.answered(number) }
        guard !asking.isEmpty else { throw WorkerFault("it answers question \(number), which was not asked") }
        for answer in asking { answer(isReady) }
    }
}
