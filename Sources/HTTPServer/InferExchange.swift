// SPDX-License-Identifier: Apache-2.0
package import Inference
import NIOCore
import Transport

/// One hot request from its admission to its answer, and the sink that its model answers to.
package final class InferExchange: ResponseSink, ResponseWaiter, TurnWaiter, @unchecked Sendable {
    // SAFETY: other threads call `receive` only, which touches nothing but the constants `mailbox`, a reference to `self`
    // through it, and `generation`, of which it uses the backlog, made for that; the rest of `generation` it looks at on
    // the event loop only. Everything that varies is touched on the connection's event loop alone.
    private let mailbox: CompletionMailbox

    let endpoint: Endpoint
    let head: InferRequestHead
    let model: any ServableModel
    /// Those of the model.
    let limits: RequestLimits
    let arrival: MonotonicTime
    /// HTTP/1.0 must be told that the connection stays open.
    let isHTTP10: Bool
    /// Set if the request is one to generate.
    let generation: Generation?
    var permit: Permit
    var body: InferBody
    /// Of the body, once it was taken.
    private var takenBytes: Int?
    /// Of the body once decompressed.
    var bytesRead = 0
    /// By when it has to be answered.
    let deadline: MonotonicTime?
    private(set) var plan: OutputPlan?
    private(set) var request: InferenceRequest?
    /// Set while the connection waits for its turn or for the model; the circle it makes ends with the request.
    var handler: InferHandler?
    private var response: InferenceResponse?
    private var responseCount = 0
    private let gate: any Gate
    /// What the connection's requests share, and how much of it is this one's.
    private let budget: ConnectionBudget?
    private var budgeted: Int
    /// Set while its bytes are read or written on another thread: they take memory until that is done.
    var elsewhere: Abandonment?
    /// Both have to come before the permit is given back.
    private var isModelDone = false
    private var isAnswerSent = false
    private var isReleased = false

    init(
        endpoint: Endpoint,
        head: InferRequestHead,
        isHTTP10: Bool,
        model: any ServableModel,
        limits: RequestLimits,
        permit: Permit,
        body: InferBody,
        arrival: MonotonicTime,
        gate: any Gate,
        mailbox: CompletionMailbox,
        deadline: MonotonicTime? = nil,
        generation: Generation? = nil,
        budget: (ConnectionBudget, taken: Int)? = nil
    ) {
        self.endpoint = endpoint
        self.head = head
        self.isHTTP10 = isHTTP10
        self.model = model
        self.limits = limits
        self.permit = permit
        self.body = body
        self.arrival = arrival
        self.gate = gate
        self.mailbox = mailbox
        self.deadline = deadline
        self.generation = generation
        self.budget = budget?.0
        budgeted = budget?.taken ?? 0
    }

    /// More of what the server, and the connection, may have in flight.
    func reserve(_ bytes: Int) throws(ServingError) {
        try gate.reserve(bytes, for: &permit)
        guard let budget else { return }
        try budget.take(bytes)
        budgeted += bytes
    }

    package func receive(_ event: ResponseEvent) {
        guard let generation else { return mailbox.post(event, for: self) }
        if mailbox.isOwnThread, generation.isSubmitting { generation.refusal = event.error }
        if let event = screened(event, generation) { mailbox.post(event, for: self) }
    }

    /// The whole body; the exchange keeps nothing of it.
    func takeBody() -> TensorBytes {
        var taken = InferBody(declared: 0)
        swap(&taken, &body)
        takenBytes = taken.count
        return taken.finish()
    }

    package func turnCame() {
        let waiting = handler
        handler = nil
        waiting?.submit(self)
    }

    /// Hands the request to its model. From here on the permit is held until the model says that it is done.
    func submit(_ request: InferenceRequest, plan: OutputPlan, for handler: InferHandler) {
        self.request = request
        self.plan = plan
        self.handler = handler
        guard let generation else { return model.infer(request, sink: self) }
        let writer = GenerateResponseWriter(
            requestID: request.fields.id,
            modelName: model.name,
            version: model.version
        )
        generation.answers = GenerateAnswers(generation.kind, writer: writer)
        generation.isSubmitting = true
        model.infer(request, sink: self)
        generation.isSubmitting = false
    }

    /// All that the model said in one turn of the event loop is here.
    func turnEnded() {
        if let generation { handler?.flushStream(self, generation) }
    }

    /// The client has gone; what the model still says is not for anyone.
    func abandon() {
        conclude(InferHandler.Answer(status: Self.clientClosed, bytes: generation?.sentBytes ?? 0))
        giveUp()
        answerSent()
    }

    /// Nobody waits any more for what the model says, or for what is still to be read.
    func giveUp() {
        handler = nil
        request?.cancel()
        elsewhere?.abandon()
    }

    /// What other servers' logs say of a client that did not wait for its answer. It is never sent.
    private static let clientClosed = 499

    /// Nothing more comes from the model.
    func modelIsDone() {
        isModelDone = true
        if isAnswerSent, elsewhere == nil { release() }
    }

    /// Nothing more of it waits for the client.
    func answerSent() {
        isAnswerSent = true
        if elsewhere == nil, isModelDone || request == nil { release() }
    }

    /// What is said of it in the audit log, as soon as the answer is known.
    func conclude(_ answer: InferHandler.Answer) {
        var conclusion = Conclusion(
            endpoint,
            model: model.name,
            version: model.version,
            requestID: head.requestID,
            bytesIn: takenBytes ?? body.count,
            bytesOut: answer.bytes,
            status: answer.status
        )
        conclusion.bytesRead = bytesRead
        conclusion.digest = model.digest
        gate.conclude(permit, conclusion)
    }

    func release() {
        guard !isReleased else { return }
        isReleased = true
        budget?.giveBack(budgeted)
        gate.release(permit)
    }

    /// On the event loop: what the model said.
    package func take(_ event: ResponseEvent) {
        if let generation { return takeGenerated(event, generation) }
        switch event {
        case .response(let response, let isFinal):
            responseCount += 1
            if self.response == nil { self.response = response }
            if isFinal { finish() }
        case .completed:
            finish()
        case .failed(let error):
            end(.failure(error))
        }
    }

    private func finish() {
        if let response, responseCount == 1 {
            end(.success(response))
        } else {
            end(
                .failure(
                    ServingError(.internalError, "expected 1 response from model '\(model.name)', got \(responseCount)")
                )
            )
        }
    }

    private func end(_ result: Result<InferenceResponse, ServingError>) {
        let waiting = handler
        handler = nil
        response = nil
        modelIsDone()
        waiting?.answered(self, result)
    }
}
