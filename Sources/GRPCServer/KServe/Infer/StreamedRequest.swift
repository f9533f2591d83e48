// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Transport

/// One request of a stream, and the sink that its model answers to.
final class StreamedRequest: ResponseSink, ResponseWaiter, @unchecked Sendable {
    // SAFETY: other threads call `receive` only, which touches nothing but the constant `mailbox` and a reference to
    // `self`. Everything else is touched on the call's event loop alone.
    private let mailbox: CompletionMailbox
    let key: Int
    let message: RPCMessage
    /// Names the model and version that answer.
    private(set) var answers: InferResponseWriter
    /// Names them as the client did.
    let errors: InferResponseWriter
    private(set) var trace: (any RequestTrace)?
    /// Set while the model works; the circle it makes ends with the request.
    private var stream: ModelStreamInferReceiver?
    private var request: InferenceRequest?

    init(
        _ key: Int,
        _ message: RPCMessage,
        _ envelope: InferEnvelope,
        mailbox: CompletionMailbox,
        stream: ModelStreamInferReceiver
    ) {
        self.key = key
        self.message = message
        self.mailbox = mailbox
        self.stream = stream
        errors = InferResponseWriter(envelope)
        answers = errors
    }

    func submit(_ submission: InferSubmission) {
        answers = InferResponseWriter(submission.model, requestID: submission.request.fields.id)
        trace = submission.request.fields.trace
        request = submission.request
        submission.model.infer(submission.request, sink: self)
    }

    func receive(_ event: ResponseEvent) { mailbox.post(event, for: self) }

    func take(_ event: ResponseEvent) { stream?.take(event, for: self) }

    /// Nothing more comes from the model.
    func modelIsDone() {
        request = nil
        stream = nil
    }

    /// - Returns: whether a model works on the request, and will still say that it is done.
    func cancel() -> Bool {
        guard let request else {
            stream = nil
            return false
        }
        request.cancel()
        return true
    }
}
