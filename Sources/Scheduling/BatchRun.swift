// SPDX-License-Identifier: Apache-2.0
import Inference
private import Synchronization

/// Where the answers of a batch go when the batch has let them through.
protocol AnswerOutlet: AnyObject, Sendable {
    var observer: any ExecutionObserver { get }
    /// - Parameter ticket: the request's place among all that were ever taken from the queue.
    func send(_ event: ResponseEvent, to sink: any ResponseSink, ticket: UInt64)
}

/// One execution: passes on what the engine answers, and sees to it that every request ends exactly once.
///
/// The ends of non-decoupled requests are kept until the engine has returned, so that they are counted before the
/// clients know, and so that sinks hear of a batch all at once.
final class BatchRun: BatchResponder {
    private let requests: [ScheduledRequest]
    private let firstTicket: UInt64
    private let started: MonotonicTime
    private let isDecoupled: Bool
    private let outlet: any AnswerOutlet
    private let progress: Mutex<BatchProgress>

    init(
        _ requests: [ScheduledRequest],
        firstTicket: UInt64,
        started: MonotonicTime,
        isDecoupled: Bool,
        outlet: any AnswerOutlet
    ) {
        self.requests = requests
        self.firstTicket = firstTicket
        self.started = started
        self.isDecoupled = isDecoupled
        self.outlet = outlet
        progress = Mutex(BatchProgress(count: requests.count, started: started, isDecoupled: isDecoupled))
    }

    /// - Returns: how long the engine took, in nanoseconds.
    func execute(on instance: any EngineInstance) -> UInt64 {
        var totalBatchSize = 0
        let batched = requests.map { scheduled in
            totalBatchSize += scheduled.batchSize
            return BatchedRequest(request: scheduled.request, batchSize: scheduled.batchSize)
        }
        let batch = ExecutionBatch(requests: batched, totalBatchSize: totalBatchSize, responder: self)
        let traces = requests.compactMap { $0.request.fields.trace }
        if !traces.isEmpty { recordInputs() }
        instance.execute(batch)
        let timing = ExecutionTiming(
            started: started,
            inputsReady: batch.inputsReady,
            outputsReady: batch.outputsReady,
            returned: .now()
        )
        if !traces.isEmpty { record(batch, returned: timing.returned, in: traces) }
        defer { finish(timing) }
        return timing.returned.nanoseconds(since: started)
    }

    private func recordInputs() {
        for scheduled in requests {
            guard let trace = scheduled.request.fields.trace else { continue }
            trace.recordTensors("TENSOR_BACKEND_INPUT", scheduled.request.fields.inputs.map { OutputTensor($0) })
        }
    }

    private func record(_ batch: ExecutionBatch, returned: MonotonicTime, in traces: [any RequestTrace]) {
        for trace in traces {
            trace.record("COMPUTE_START", at: started)
            trace.record("COMPUTE_INPUT_END", at: batch.inputsReady ?? started)
            trace.record("COMPUTE_OUTPUT_START", at: batch.outputsReady ?? returned)
            trace.record("COMPUTE_END", at: returned)
        }
    }

    private func finish(_ timing: ExecutionTiming) {
        let (ends, outcomes) = progress.withLock { progress in
            let ends = progress.executionReturned(timing) { .leftUnanswered(self.requests[$0].request) }
            return (ends, progress.takeOutcomesIfComplete())
        }
        if let outcomes { report(outcomes) }
        for (index, event) in ends { send(event, toRequestAt: index) }
    }

    func deliver(_ event: ResponseEvent, toRequestAt index: Int) {
        guard requests.indices.contains(index) else { return }
        let now = isDecoupled ? MonotonicTime.now() : started
        let (verdict, outcomes) = progress.withLock { progress in
            (progress.answered(event, requestAt: index, now: now), progress.takeOutcomesIfComplete())
        }
        if let outcomes { report(outcomes) }
        guard case .pass(let answer) = verdict else { return }
        if let answer { outlet.observer.responseDelivered(answer) }
        send(event, toRequestAt: index)
    }

    private func send(_ event: ResponseEvent, toRequestAt index: Int) {
        outlet.send(event, to: requests[index].sink, ticket: firstTicket + UInt64(index))
    }

    private func report(_ complete: BatchProgress.Complete) {
        let reports = requests.indices.map { index in
            RequestReport(
                outcome: complete.outcomes[index],
                batchSize: requests[index].batchSize,
                enqueued: requests[index].enqueued,
                ended: complete.ended[index]
            )
        }
        let timing = complete.timing
        outlet.observer.batchCompleted(
            BatchReport(
                requests: reports,
                batchSize: requests.reduce(0) { $0 + $1.batchSize },
                started: started,
                computeInputNanoseconds: timing.input,
                computeInferNanoseconds: timing.infer,
                computeOutputNanoseconds: timing.output
            )
        )
    }
}
