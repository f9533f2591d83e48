// SPDX-License-Identifier: Apache-2.0
package import Inference

/// How one request of a batch fared.
package struct RequestReport: Sendable {
    package enum Outcome: Sendable, Equatable {
        case success
        case failure(ServingError.Reason)
    }

    package var outcome: Outcome
    package var batchSize: Int
    package var enqueued: MonotonicTime
    /// When its last answer was handed over.
    package var ended: MonotonicTime
}

/// One execution of a model, or of a decoupled one the part whose requests have ended by now. Compute times are 0 if the engine does not say where one phase ends.
package struct BatchReport: Sendable {
    /// In the order of the batch.
    package var requests: [RequestReport]
    /// The sum of the batch sizes of all requests of the execution.
    package var batchSize: Int
    /// `false` if another report of the same execution has counted it already.
    package var countsExecution: Bool
    /// When the instance took the batch: the end of queueing.
    package var started: MonotonicTime
    package var computeInputNanoseconds: UInt64
    package var computeInferNanoseconds: UInt64
    package var computeOutputNanoseconds: UInt64

    package func queueNanoseconds(ofRequestAt index: Int) -> UInt64 {
        started.nanoseconds(since: requests[index].enqueued)
    }
}

/// One answer of a decoupled model.
package struct ResponseReport: Sendable {
    package enum Outcome: Sendable, Equatable {
        case success
        /// The end without outputs.
        case empty
        case failure(ServingError.Reason)
    }

    /// Counts the answers to one request from 0.
    package var index: Int
    package var outcome: Outcome
    /// When the request's execution began, or its previous answer came.
    package var since: MonotonicTime
    package var delivered: MonotonicTime
}

/// Who counts. Called without any lock of the scheduler held, from any thread; must return at once.
package protocol ExecutionObserver: Sendable {
    /// Once a batch; for a decoupled model once the engine has returned and then as its requests end. Non-decoupled requests get their last answer only afterwards, so that a client that has its answer
    /// finds it counted.
    func batchCompleted(_ report: BatchReport)
    /// For decoupled models only: once an answer.
    func responseDelivered(_ report: ResponseReport)
    /// A request left the queue, or was refused by it, without having run; `error.reason` says which.
    func requestDropped(_ request: ScheduledRequest, error: ServingError, at time: MonotonicTime)
}
