// SPDX-License-Identifier: Apache-2.0
private import Synchronization

/// The way back to one request of a decoupled model, from any thread, for as long as it is held: Triton's response
/// factory. A request whose sender is let go of without an end fails.
///
/// One thread at a time sends, or the order of the answers is anyone's guess.
package final class ResponseSender: Sendable {
    package let request: InferenceRequest
    private let index: Int
    private let responder: any BatchResponder
    private let hasEnded = Atomic<Bool>(false)

    init(request: InferenceRequest, index: Int, responder: any BatchResponder) {
        self.request = request
        self.index = index
        self.responder = responder
    }

    deinit {
        guard !hasEnded.load(ordering: .relaxed) else { return }
        responder.deliver(.failed(.leftUnanswered(request)), toRequestAt: index)
    }

    /// Nobody waits for the answers any more: end soon, with ``complete()`` or an error. Either counts as cancelled.
    package var isCancelled: Bool { request.isCancelled }

    package func send(_ response: InferenceResponse, isFinal: Bool = false) {
        deliver(.response(response, isFinal: isFinal), isEnd: isFinal)
    }

    /// The end, without another answer.
    package func complete() { deliver(.completed, isEnd: true) }

    package func fail(_ error: ServingError) { deliver(.failed(error), isEnd: true) }

    private func deliver(_ event: ResponseEvent, isEnd: Bool) {
        if isEnd { hasEnded.store(true, ordering: .relaxed) }
        responder.deliver(event, toRequestAt: index)
    }
}

extension ServingError {
    package static func leftUnanswered(_ request: InferenceRequest) -> ServingError {
        ServingError(.internalError, request.errorPrefix + "the model did not answer the request", reason: .backend)
    }
}
