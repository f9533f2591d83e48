// SPDX-License-Identifier: Apache-2.0
package import Inference

/// A validated request on its way to an instance.
package struct ScheduledRequest: Sendable {
    package var request: InferenceRequest
    /// 1 for a model that does not batch.
    package var batchSize: Int
    package var sink: any ResponseSink
    /// Bytes of all inputs: what the queue's byte limit counts.
    package var inputBytes: Int
    /// Queue time, queue delay and timeouts count from here.
    package var enqueued: MonotonicTime

    package init(
        request: InferenceRequest,
        batchSize: Int,
        sink: any ResponseSink,
        inputBytes: Int,
        enqueued: MonotonicTime
    ) {
        self.request = request
        self.batchSize = max(1, batchSize)
        self.sink = sink
        self.inputBytes = max(0, inputBytes)
        self.enqueued = enqueued
    }
}

/// A request that leaves the scheduler without having run.
struct DroppedRequest: Sendable {
    var scheduled: ScheduledRequest
    var error: ServingError
}

extension ServingError {
    static func queueFull(_ request: InferenceRequest) -> ServingError {
        ServingError(.unavailable, request.errorPrefix + "Exceeds maximum queue size", reason: .rejected)
    }

    static func schedulerStopped(_ request: InferenceRequest) -> ServingError {
        let text = "Server is stopping, scheduler for model has stopped accepting new inference requests"
        return ServingError(.unavailable, request.errorPrefix + text, reason: .rejected)
    }

    // Triton does not prefix this one.
    static let queueTimeout = ServingError(.unavailable, "Request timeout expired", reason: .rejected)

    static func deadlineExceeded(_ request: InferenceRequest) -> ServingError {
        ServingError(.deadlineExceeded, request.errorPrefix + "Request deadline exceeded", reason: .rejected)
    }

    static func requestCancelled(_ request: InferenceRequest) -> ServingError {
        ServingError(.cancelled, request.errorPrefix + "Request cancelled", reason: .cancelled)
    }
}
