// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Scheduling
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Counts what one version of a model does. One lock a batch.
final class StatisticsRecorder: ExecutionObserver {
    private let counters: Mutex<ModelStatisticsSnapshot>

    init(name: String, version: Int64, metricTags: [String: String]) {
        var counters = ModelStatisticsSnapshot(name: name, version: version)
        counters.metricTags = metricTags
        for reason in ServingError.Reason.allCases { counters.failuresByReason[reason] = 0 }
        self.counters = Mutex(counters)
    }

    func snapshot(pending: Int) -> ModelStatisticsSnapshot {
        var copy = counters.withLock { $0 }
        copy.pendingRequests = pending
        return copy
    }

    func loaded(inNanoseconds duration: UInt64) {
        counters.withLock { $0.loadSeconds = Double(duration) / 1e9 }
    }

    func batchCompleted(_ report: BatchReport) {
        let now = Self.millisecondsSince1970()
        counters.withLock { counters in
            counters.lastInference = max(counters.lastInference, now)
            counters.batchExecuted(report)
        }
    }

    func responseDelivered(_ report: ResponseReport) {
        counters.withLock { $0.responseDelivered(report) }
    }

    func requestDropped(_ request: ScheduledRequest, error: ServingError, at time: MonotonicTime) {
        counters.withLock {
            $0.requestFailed(error.reason, nanoseconds: time.nanoseconds(since: request.enqueued))
        }
    }

    private static func millisecondsSince1970() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}

extension ModelStatisticsSnapshot {
    mutating func requestFailed(_ reason: ServingError.Reason, nanoseconds: UInt64) {
        fail.add(nanoseconds: nanoseconds)
        failuresByReason[reason, default: 0] += 1
    }

    mutating func batchExecuted(_ report: BatchReport) {
        var succeeded = 0
        for (index, request) in report.requests.enumerated() {
            let duration = request.ended.nanoseconds(since: request.enqueued)
            switch request.outcome {
            case .failure(let reason): requestFailed(reason, nanoseconds: duration)
            case .success:
                succeeded += request.batchSize
                success.add(nanoseconds: duration)
                queue.add(nanoseconds: report.queueNanoseconds(ofRequestAt: index))
                computeInput.add(nanoseconds: report.computeInputNanoseconds)
                computeInfer.add(nanoseconds: report.computeInferNanoseconds)
                computeOutput.add(nanoseconds: report.computeOutputNanoseconds)
            }
        }
        // As in Triton, an execution whose requests all failed is none.
        guard succeeded > 0 else { return }
        inferenceCount += UInt64(succeeded)
        guard report.countsExecution else { return }
        executionCount += 1
        batches[report.batchSize, default: Batch()].executed(report)
    }

    mutating func responseDelivered(_ report: ResponseReport) {
        // The index grows with what a decoupled model sends; the table of it must not.
        guard report.index < 1024 else { return }
        let duration = report.delivered.nanoseconds(since: report.since)
        var response = responses[report.index] ?? Response()
        switch report.outcome {
        case .success:
            response.computeInfer.add(nanoseconds: duration)
            response.success.add(nanoseconds: duration)
        case .empty: response.emptyResponse.add(nanoseconds: duration)
        case .failure(.cancelled): response.cancel.add(nanoseconds: duration)
        case .failure: response.fail.add(nanoseconds: duration)
        }
        responses[report.index] = response
    }
}

extension ModelStatisticsSnapshot.Batch {
    mutating func executed(_ report: BatchReport) {
        computeInput.add(nanoseconds: report.computeInputNanoseconds)
        computeInfer.add(nanoseconds: report.computeInferNanoseconds)
        computeOutput.add(nanoseconds: report.computeOutputNanoseconds)
    }
}
