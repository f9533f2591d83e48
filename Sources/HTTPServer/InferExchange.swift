// SPDX-License-Identifier: Apache-2.0
package import Inference
import NIOCore
import Transport

/// One hot request from its admission to its answer, and the sink that its model answers to.
package final class InferExchange: ResponseSink, ResponseWaiter, @unchecked Sendable {
    // SAFETY: other threads call `receive` only, which touches nothing but the two constants `mailbox` and, through it,
    // a reference to `self`. Everything that varies is touched on the connection's event loop alone.
    private let mailbox: CompletionMailbox

    let head: InferRequestHead
    let model: any ServableModel
    let arrival: MonotonicTime
    /// HTTP/1.0 must be told that the connection stays open.
    let isHTTP10: Bool
    var permit: Permit
    var body: InferBody
    private(set) var plan: OutputPlan?
    private(set) var request: InferenceRequest?
    /// Set while the connection waits for the model; the circle it makes ends with the request.
    private var handler: InferHandler?
    private var response: InferenceResponse?
    private var responseCount = 0
    private let gate: any Gate
    private var isReleased = false

    init(
        head: InferRequestHead,
        isHTTP10: Bool,
        model: any ServableModel,
        permit: Permit,
        body: InferBody,
        arrival: MonotonicTime,
        gate: any Gate,
        mailbox: CompletionMailbox
    ) {
        self.head = head
        self.isHTTP10 = isHTTP10
        self.model = model
        self.permit = permit
        self.body = body
        self.arrival = arrival
        self.gate = gate
        self.mailbox = mailbox
    }

    package func receive(_ event: ResponseEvent) { mailbox.post(event, for: self) }

    /// The whole body; the exchange keeps nothing of it.
    func takeBody() -> TensorBytes {
        var taken = InferBody(declared: 0)
        swap(&taken, &body)
        return taken.finish()
    }

    /// Hands the request to its model. From here on the permit is held until the model says that it is done.
    func submit(_ request: InferenceRequest, plan: OutputPlan, for handler: InferHandler) {
        self.request = request
        self.plan = plan
        self.handler = handler
        model.infer(request, sink: self)
    }

    /// The client has gone; what the model still says is not for anyone.
    func abandon() {
        handler = nil
        if let request { request.cancel() } else { release() }
    }

    func release() {
        guard !isReleased else { return }
        isReleased = true
        gate.release(permit)
    }

    /// On the event loop: what the model said.
    package func take(_ event: ResponseEvent) {
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
        release()
        let waiting = handler
        handler = nil
        response = nil
        waiting?.answered(self, result)
    }
}
