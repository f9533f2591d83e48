// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization

@testable import Scheduling

/// An instance that does what it is told with each batch, and remembers the batches' requests.
final class ScriptedInstance: EngineInstance {
    private let body: @Sendable (ExecutionBatch) -> Void
    private let batches = Mutex<[[String]]>([])

    init(_ body: @escaping @Sendable (ExecutionBatch) -> Void = { $0.answerAll() }) { self.body = body }

    func execute(_ batch: ExecutionBatch) {
        batches.withLock { $0.append(batch.requests.map(\.request.fields.id)) }
        body(batch)
    }

    var seen: [[String]] { batches.withLock { $0 } }
}

extension ExecutionBatch {
    func answerAll() {
        for index in requests.indices { respond(toRequestAt: index, outputs: []) }
    }
}

/// Holds whoever waits until it is opened.
final class Latch: Sendable {
    private let parker = Parker()

    func open() { parker.wake(at: .now()) }
    func wait() { parker.wait() }
}

final class Counter: ExecutionObserver {
    struct Counts {
        var succeeded = 0
        var failed: [ServingError.Reason: Int] = [:]
        var dropped: [ServingError.Reason: Int] = [:]
        var executions = 0
        var executedSize = 0
        var responses = 0
        var outOfStep = 0
    }

    private let state = Mutex(Counts())
    var counts: Counts { state.withLock { $0 } }

    func batchCompleted(_ report: BatchReport) {
        state.withLock { counts in
            counts.executions += 1
            counts.executedSize += report.batchSize
            for request in report.requests {
                if case .failure(let reason) = request.outcome {
                    counts.failed[reason, default: 0] += 1
                } else {
                    counts.succeeded += 1
                }
                if request.ended < report.started { counts.outOfStep += 1 }
            }
        }
    }

    func responseDelivered(_ report: ResponseReport) { state.withLock { $0.responses += 1 } }

    func requestDropped(_ request: ScheduledRequest, error: ServingError, at time: MonotonicTime) {
        state.withLock { $0.dropped[error.reason, default: 0] += 1 }
    }
}

func scheduledNow(
    _ id: String = "",
    sink: RecordingSink,
    batchSize: Int = 1,
    fill: (inout InferenceRequest.Fields) -> Void = { _ in }
) -> ScheduledRequest {
    var scheduled = makeScheduled(id, batchSize: batchSize, sink: sink, fill: fill)
    scheduled.enqueued = .now()
    return scheduled
}

/// Waits for at most ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<10_000 {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return condition()
}
