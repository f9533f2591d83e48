// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import NIOCore
internal import Transport

/// One call of `ModelStreamInfer`: any number of requests and answers. What is sent when is decided by
/// ``StreamLedger``.
///
/// While the client does not read, no further request is taken up: those that wait stay charged to the call, so that
/// the layer below stops the client from sending more.
final class ModelStreamInferReceiver: RPCReceiver {
    private let environment: KServeEnvironment
    private let mailbox: CompletionMailbox
    private var call: (any RPCCall)?
    private var ledger: StreamLedger<InferenceResponse>
    private var requests: [Int: StreamedRequest] = [:]
    /// Messages that wait until the client reads what was answered before.
    private var waiting = CircularBuffer<RPCMessage>()
    private var isHalfClosed = false
    private var isCancelled = false
    private var isActing = false
    /// Since when the next message has been waited for.
    private var waitedFrom: MonotonicTime

    init(environment: KServeEnvironment, call: any RPCCall) {
        self.environment = environment
        self.call = call
        mailbox = environment.mailboxes.mailbox(of: call.eventLoop)
        waitedFrom = call.head.arrival
        ledger = StreamLedger(
            isStrict: call.head.first("triton_grpc_error") == "true",
            backlogLimit: environment.settings.streamBacklogBytes
        )
    }

    func messageArrived(_ message: RPCMessage) {
        guard let call else { return }
        if ledger.hasEnded {
            call.messageDone(message)
        } else if !waiting.isEmpty || !call.isWritable {
            waiting.append(message)
        } else {
            submit(message, on: call)
            act()
        }
    }

    func halfClosed() {
        isHalfClosed = true
        act()
    }

    func becameWritable() { act() }

    func cancelled() {
        isCancelled = true
        ledger.end(RPCStatus(.cancelled))
        act()
    }

    /// On the event loop: what a model said.
    func take(_ event: ResponseEvent, for request: StreamedRequest) {
        let isEnd: Bool
        switch event {
        case .response(let response, let isFinal):
            isEnd = isFinal
            ledger.answered(request.key, response, bytes: response.sizeWhileWaiting, isFinal: isFinal)
        case .completed:
            isEnd = true
            ledger.completed(request.key)
        case .failed(let error):
            isEnd = true
            ledger.failed(request.key, error)
        }
        if isEnd { request.modelIsDone() }
        if case .failed(let error) = event { request.failure = error }
        if ledger.hasEnded {
            if isEnd { close(request.key) }
        } else {
            act()
        }
    }

    private func submit(_ arrived: RPCMessage, on call: any RPCCall) {
        var message = arrived
        let times = MessageTimes(waitedFrom: waitedFrom, arrived: .now())
        waitedFrom = times.arrived
        var envelope = InferEnvelope()
        do throws(ServingError) {
            try envelope.read(message.bytes, limits: environment.settings.requestLimits)
        } catch {
            // Without a readable message nobody could tell which request an error belongs to.
            if error.code == .internalError {
                call.messageDone(message)
                return ledger.end(RPCStatus(error))
            }
            return refuse(message, envelope, error)
        }
        // Counted before its model is looked for and its tensors are: what is refused counts like what is answered.
        do throws(ServingError) { try call.requestBegan() } catch { return refuse(message, envelope, error) }
        var isDecoupled = false
        do throws(ServingError) {
            let model = try environment.model(envelope, for: call, .streamInfer)
            isDecoupled = model.isDecoupled
            let submission = try environment.submission(
                of: &message,
                envelope,
                to: model,
                for: call,
                mailbox: mailbox,
                times: times
            )
            let key = ledger.requestArrived(
                model: model.name,
                isDecoupled: isDecoupled,
                wantsEmptyFinal: submission.wantsEmptyFinalResponse
            )
            let request = StreamedRequest(key, message, envelope, mailbox: mailbox, stream: self)
            request.hasBegun = true
            requests[key] = request
            request.submit(submission)
        } catch {
            refuse(message, envelope, error, isDecoupled: isDecoupled, hasBegun: true)
        }
    }

    /// Answers a request that never reached a model.
    private func refuse(
        _ message: RPCMessage,
        _ envelope: InferEnvelope,
        _ error: ServingError,
        isDecoupled: Bool = false,
        hasBegun: Bool = false
    ) {
        let key = ledger.requestArrived(model: envelope.modelName, isDecoupled: isDecoupled, wantsEmptyFinal: false)
        let request = StreamedRequest(key, message, envelope, mailbox: mailbox, stream: self)
        request.failure = error
        request.hasBegun = hasBegun
        requests[key] = request
        ledger.failed(key, error)
    }

    /// Does what the ledger says, and takes up what waits, until neither can go on.
    private func act() {
        guard !isActing, let call else { return }
        isActing = true
        defer { isActing = false }
        while true {
            ledger.isWritable = call.isWritable
            if let action = ledger.next() {
                perform(action, on: call)
                if ledger.hasEnded { return }
            } else if call.isWritable, let message = waiting.popFirst() {
                submit(message, on: call)
            } else if isHalfClosed, waiting.isEmpty {
                isHalfClosed = false
                ledger.halfClosed()
            } else {
                return holdBack(on: call)
            }
        }
    }

    /// What waits for the client is charged; where there is no room for it, the stream ends.
    private func holdBack(on call: any RPCCall) {
        do throws(ServingError) {
            try call.holdBack(ledger.waitingBytes)
        } catch {
            ledger.end(RPCStatus(error))
            if let action = ledger.next() { perform(action, on: call) }
        }
    }

    private func perform(_ action: StreamLedger<InferenceResponse>.Action, on call: any RPCCall) {
        switch action {
        case .send(let key, let response, let isFinal):
            send(key, on: call) { request, buffer throws(ServingError) in
                try request.answers.writeStreamed(response, isFinal: isFinal, into: &buffer)
            }
        case .sendError(let key, let error):
            send(key, on: call) { request, buffer throws(ServingError) in
                try request.errors.writeStreamed(error, into: &buffer)
            }
        case .sendEmptyFinal(let key):
            send(key, on: call) { request, buffer throws(ServingError) in
                try request.answers.writeStreamed(InferenceResponse(outputs: []), isFinal: true, into: &buffer)
            }
        case .close(let key): close(key)
        case .end(let status): end(status, on: call)
        }
    }

    private func send(
        _ key: Int,
        on call: any RPCCall,
        _ write: (StreamedRequest, inout ByteBuffer) throws(ServingError) -> Void
    ) {
        guard let request = requests[key] else { return }
        request.trace?.record("GRPC_SEND_START", at: .now())
        do throws(ServingError) {
            try call.send { buffer throws(ServingError) in
                let start = buffer.writerIndex
                try write(request, &buffer)
                request.sentBytes += buffer.writerIndex - start
            }
        } catch {
            // One message of the stream cannot be written; whoever waits for it must not wait for ever.
            ledger.end(RPCStatus(error))
        }
        request.trace?.record("GRPC_SEND_END", at: .now())
    }

    /// The model is done with a request, and so is the client.
    private func close(_ key: Int) {
        guard let request = requests.removeValue(forKey: key) else { return }
        request.trace?.end()
        call?.conclude(request.conclusion)
        if request.hasBegun { call?.requestEnded() }
        call?.messageDone(request.message)
        if ledger.hasEnded, requests.isEmpty { call = nil }
    }

    private func end(_ status: RPCStatus, on call: any RPCCall) {
        for message in waiting { call.messageDone(message) }
        waiting.removeAll()
        for (key, request) in requests where !request.cancel() { close(key) }
        if requests.isEmpty { self.call = nil }
        if !isCancelled { call.finish(status) }
    }
}

extension InferenceResponse {
    /// Small answers cost more than their tensors.
    fileprivate var sizeWhileWaiting: Int { outputs.reduce(256) { $0 + $1.bytes.count + 256 } }
}
