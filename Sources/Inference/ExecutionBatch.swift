// SPDX-License-Identifier: Apache-2.0

/// A request of a batch, with the part of the batch dimension that is its own.
package struct BatchedRequest: Sendable {
    package var request: InferenceRequest
    /// The request's own batch size: 1 for a model that does not batch.
    package var batchSize: Int

    package init(request: InferenceRequest, batchSize: Int) {
        self.request = request
        self.batchSize = batchSize
    }
}

/// Who passes on what an engine answers.
package protocol BatchResponder: Sendable {
    func deliver(_ event: ResponseEvent, toRequestAt index: Int)
}

/// The requests that an engine is to run at once, and the way back for its answers.
///
/// The engine answers each request with 0..n responses and one end. Requests without an end when
/// ``EngineInstance/execute(_:)`` returns are failed by the scheduler, except those of a decoupled model that a
/// ``ResponseSender`` was taken for. The batch itself is of no use after that.
package final class ExecutionBatch {
    package let requests: [BatchedRequest]
    /// The sum of the requests' batch sizes.
    package let totalBatchSize: Int
    private let responder: any BatchResponder

    /// When the last input was in place. The engine sets it; it divides "compute input" from "compute infer".
    package var inputsReady: MonotonicTime?
    /// When the model had run. The engine sets it; it divides "compute infer" from "compute output".
    package var outputsReady: MonotonicTime?

    private var senders: [Int: ResponseSender] = [:]

    package init(requests: [BatchedRequest], totalBatchSize: Int, responder: any BatchResponder) {
        self.requests = requests
        self.totalBatchSize = totalBatchSize
        self.responder = responder
    }

    package func respond(toRequestAt index: Int, outputs: [OutputTensor]) {
        responder.deliver(.response(InferenceResponse(outputs: outputs), isFinal: true), toRequestAt: index)
    }

    package func deliver(_ event: ResponseEvent, toRequestAt index: Int) {
        responder.deliver(event, toRequestAt: index)
    }

    package func fail(requestAt index: Int, _ error: ServingError) {
        responder.deliver(.failed(error), toRequestAt: index)
    }

    /// For an engine that answers from another thread or after `execute` has returned; the same one at each call.
    package func sender(forRequestAt index: Int) -> ResponseSender {
        if let sender = senders[index] { return sender }
        let sender = ResponseSender(request: requests[index].request, index: index, responder: responder)
        senders[index] = sender
        return sender
    }

    package func hasSender(forRequestAt index: Int) -> Bool { senders[index] != nil }

    package func failAll(_ error: ServingError) {
        for index in requests.indices { fail(requestAt: index, error) }
    }
}
