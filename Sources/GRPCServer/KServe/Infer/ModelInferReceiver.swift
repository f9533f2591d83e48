// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Transport

/// One call of `ModelInfer`, and the sink that its model answers to.
final class ModelInferReceiver: RPCReceiver, ResponseSink, ResponseWaiter, TurnWaiter, @unchecked Sendable {
    // SAFETY: other threads call `receive` only, which touches nothing but the constant `mailbox` and a reference to
    // `self`. Everything that varies is touched on the call's event loop alone.
    private let mailbox: CompletionMailbox
    private let environment: KServeEnvironment
    /// The circle that it makes ends with the call.
    private var call: (any RPCCall)?
    private var message: RPCMessage?
    private var submission: InferSubmission?
    private var response: InferenceResponse?
    private var responseCount = 0
    private var isCancelled = false

    init(environment: KServeEnvironment, call: any RPCCall) {
        self.environment = environment
        self.call = call
        mailbox = environment.mailboxes.mailbox(of: call.eventLoop)
    }

    func messageArrived(_ arrived: RPCMessage) {
        guard let call else { return }
        guard mailbox.mayBegin(self, of: call.permit.principal) else { return message = arrived }
        begin(arrived, on: call)
    }

    func turnCame() {
        guard let call, let message else { return }
        if isCancelled { return end(.failure(ServingError(.cancelled, "cancelled"))) }
        begin(message, on: call)
    }

    private func begin(_ arrived: RPCMessage, on call: any RPCCall) {
        var message = arrived
        do throws(ServingError) {
            let times = MessageTimes(waitedFrom: call.head.arrival, arrived: .now())
            var envelope = InferEnvelope()
            try envelope.read(message.bytes, limits: environment.settings.requestLimits)
            let model = try environment.model(envelope, for: call)
            call.answers(model)
            guard !model.isDecoupled else {
                throw ServingError(
                    .unsupported,
                    "ModelInfer RPC doesn't support models with decoupled transaction policy"
                )
            }
            let submission = try environment.submission(
                of: &message,
                envelope,
                to: model,
                for: call,
                mailbox: mailbox,
                times: times
            )
            self.message = message
            self.submission = submission
            model.infer(submission.request, sink: self)
        } catch {
            self.message = message
            end(.failure(error))
        }
    }

    func halfClosed() {}
    func becameWritable() {}

    func cancelled() {
        isCancelled = true
        if let submission { return submission.request.cancel() }
        // One that waits for its turn gives back then what it holds.
        if message == nil { call = nil }
    }

    func receive(_ event: ResponseEvent) { mailbox.post(event, for: self) }

    func take(_ event: ResponseEvent) {
        switch event {
        case .response(let response, let isFinal):
            responseCount += 1
            if self.response == nil { self.response = response }
            if isFinal { complete() }
        case .completed: complete()
        case .failed(let error): end(.failure(error))
        }
    }

    private func complete() {
        if let call, !environment.gate.isValid(call.permit) {
            // It ended while the model worked: what came of it is not for whoever has it.
            do throws(ServingError) {
                try environment.gate.authorise(call.permit, .infer, model: nil, version: nil)
            } catch {
                return end(.failure(error))
            }
        }
        if let response, responseCount == 1 { return end(.success(response)) }
        let name = submission?.model.name ?? ""
        end(
            .failure(
                ServingError(.internalError, "expected 1 response from model '\(name)', got \(responseCount)")
            )
        )
    }

    private func end(_ result: Result<InferenceResponse, ServingError>) {
        guard let call else { return }
        let trace = submission?.request.fields.trace
        trace?.record("GRPC_SEND_START", at: .now())
        let status = isCancelled ? nil : send(result, on: call)
        trace?.record("GRPC_SEND_END", at: .now())
        trace?.end()
        if let message { call.messageDone(message) }
        self.call = nil
        message = nil
        submission = nil
        response = nil
        if let status { call.finish(status) }
    }

    private func send(_ result: Result<InferenceResponse, ServingError>, on call: any RPCCall) -> RPCStatus {
        do throws(ServingError) {
            let response = try result.get()
            guard let submission else { return RPCStatus(.internalError) }
            let writer = InferResponseWriter(submission.model, requestID: submission.request.fields.id)
            try call.send { buffer throws(ServingError) in try writer.write(response, into: &buffer) }
            return .ok
        } catch {
            return RPCStatus(error)
        }
    }
}
