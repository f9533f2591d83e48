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
    /// Why it was not answered, or not to its end.
    var failure: ServingError?
    var sentBytes = 0
    /// Whether it counts as one in flight.
    var hasBegun = false
    private let modelName: String
    private var version: Int64?
    private var digest: ModelDigest?
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
        modelName = envelope.modelName
        errors = InferResponseWriter(envelope)
        answers = errors
    }

    func submit(_ submission: InferSubmission) {
        answers = InferResponseWriter(submission.model, requestID: submission.request.fields.id)
        version = submission.model.version
        digest = submission.model.digest
        trace = submission.request.fields.trace
        request = submission.request
        submission.model.infer(submission.request, sink: self)
    }

    func receive(_ event: ResponseEvent) { mailbox.post(event, for: self) }

    func take(_ event: ResponseEvent) { stream?.take(event, for: self) }

    /// What is said of it in the audit log.
    var conclusion: Conclusion {
        var conclusion = Conclusion(
            .streamInfer,
            model: modelName,
            version: version,
            requestID: answers.requestID,
            bytesIn: message.bytes.count,
            bytesOut: sentBytes,
            status: failure.map { RPCStatus($0).code.rawValue } ?? 0
        )
        conclusion.digest = digest
        return conclusion
    }

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
