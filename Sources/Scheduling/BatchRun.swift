// SPDX-License-Identifier: Apache-2.0
import Inference
private import Synchronization

/// Where the answers of a batch go when the batch has let them through.
protocol AnswerOutlet: AnyObject, Sendable {
    var observer: any ExecutionObserver { get }
    /// - Parameter ticket: the request's place among all that were ever taken from the queue.
    func send(_ event: ResponseEvent, to sink: any ResponseSink, ticket: UInt64)
    /// The last request of a decoupled model's run has ended.
    func decoupledRunEnded()
}

/// One execution: passes on what the engine answers, and sees to it that every request ends exactly once.
///
/// The ends of non-decoupled requests are kept until the engine has returned, so that they are counted before the
/// clients know, and so that sinks hear of a batch all at once. A decoupled request lives until its own end, for which
/// its ``ResponseSender`` keeps the run alive; one that was cancelled is told nothing more but that.
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
        let answeredLater = isDecoupled ? requests.indices.filter { batch.hasSender(forRequestAt: $0) } : []
        defer { finish(timing, answeredLater: answeredLater) }
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

    private func finish(_ timing: ExecutionTiming, answeredLater: [Int]) {
        let (ends, ended) = progress.withLock { progress in
            let ends = progress.executionReturned(
                timing,
                unanswered: { .leftUnanswered(requests[$0].request) },
                isAnsweredLater: { answeredLater.contains($0) }
            )
            return (ends, progress.takeEnded())
        }
        if let ended { report(ended) }
        for (index, event) in ends { send(event, toRequestAt: index) }
        if isDecoupled, ended?.isLast == true { outlet.decoupledRunEnded() }
    }

    func deliver(_ event: ResponseEvent, toRequestAt index: Int) {
        guard requests.indices.contains(index) else { return }
        if isDecoupled { return deliverDecoupled(event, toRequestAt: index) }
        let verdict = progress.withLock { $0.answered(event, requestAt: index, now: started) }
        if case .pass = verdict { send(event, toRequestAt: index) }
    }

    private func deliverDecoupled(_ event: ResponseEvent, toRequestAt index: Int) {
        let request = requests[index].request
        let isCancelled = request.isCancelled
        let event = isCancelled && event.isEnd ? ResponseEvent.failed(.requestCancelled(request)) : event
        let (verdict, ended) = progress.withLock { progress in
            let verdict = progress.answered(event, requestAt: index, now: .now())
            return (verdict, progress.takeEnded())
        }
        if let ended { report(ended) }
        guard case .pass(let answer) = verdict else { return }
        if var answer {
            if isCancelled { answer.outcome = .failure(.cancelled) }
            outlet.observer.responseDelivered(answer)
        }
        if !isCancelled || event.isEnd { send(event, toRequestAt: index) }
        if ended?.isLast == true { outlet.decoupledRunEnded() }
    }

    private func send(_ event: ResponseEvent, toRequestAt index: Int) {
        outlet.send(event, to: requests[index].sink, ticket: firstTicket + UInt64(index))
    }

    private func report(_ ended: BatchProgress.Ended) {
        let reports = ended.requests.map { one in
            RequestReport(
                outcome: one.outcome,
                batchSize: requests[one.index].batchSize,
                enqueued: requests[one.index].enqueued,
                ended: one.at
            )
        }
        let timing = ended.timing
        outlet.observer.batchCompleted(
            BatchReport(
                requests: reports,
                batchSize: requests.reduce(0) { $0 + $1.batchSize },
                countsExecution: ended.countsExecution,
                started: started,
                computeInputNanoseconds: timing.input,
                computeInferNanoseconds: timing.infer,
                computeOutputNanoseconds: timing.output
            )
        )
    }
}
