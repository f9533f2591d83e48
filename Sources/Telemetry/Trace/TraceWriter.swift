// SPDX-License-Identifier: Apache-2.0
private import Dispatch
internal import Logging
internal import Synchronization

/// The traces that one version of some settings makes. It lives as long as the settings or a trace of them does; what
/// of it still waits is written when it is gone.
final class TraceSeries: Sendable {
    let id: UInt64
    /// Traces to a numbered file; 0: none are numbered.
    let frequency: Int
    /// Traces that there will be; 0: any number.
    let total: Int
    let lost = Atomic<Int>(0)
    private let writer: TraceWriter

    init(id: UInt64, values: TraceValues, writer: TraceWriter) {
        self.id = id
        frequency = Int(values.logFrequency)
        total = Int(max(0, values.count))
        self.writer = writer
    }

    deinit { writer.seriesEnded(id, frequency: frequency) }
}

/// Turns traces that have ended into text and files, on a thread of its own. Whoever hands one over never waits: while
/// too many are waiting, and once the files are full, more are dropped and counted.
final class TraceWriter: Sendable {
    private struct Backlog {
        var traces = 0
        var bytes = 0
        var dropped: UInt64 = 0
        var droppedTold: UInt64 = 0
        /// Traces that no file had room for.
        var beyondFiles: UInt64 = 0
        var isFull = false
    }

    private struct Output: ~Copyable {
        var spool: TraceSpool
        var files: TraceFiles
        var budget: TraceBudget
        var isFailing = false
    }

    private let queue = DispatchQueue(label: "buckler.trace", qos: .utility)
    private let backlog = Mutex(Backlog())
    private let output: Mutex<Output>
    private let limits: TraceLimits
    private let logger: Logger

    init(file: String, limits: TraceLimits, logger: Logger) {
        self.limits = limits
        self.logger = logger
        output = Mutex(
            Output(
                spool: TraceSpool(byteLimit: limits.pendingBytes),
                files: TraceFiles(path: file),
                budget: TraceBudget(bytes: limits.fileBytes, files: limits.files)
            )
        )
    }

    /// Traces that were dropped because too many waited, or because the files are full.
    var droppedCount: UInt64 { backlog.withLock { $0.dropped + $0.beyondFiles } }

    func write(_ trace: RecordedTrace.Finished) {
        let isAccepted = backlog.withLock { backlog in
            guard !backlog.isFull else {
                backlog.beyondFiles += 1
                return false
            }
            let hasRoom =
                backlog.traces < limits.pendingTraces
                && trace.tensorBytes <= max(0, limits.pendingBytes - backlog.bytes)
            guard hasRoom else {
                backlog.dropped += 1
                return false
            }
            backlog.traces += 1
            backlog.bytes += trace.tensorBytes
            return true
        }
        guard isAccepted else {
            trace.series.lost.add(1, ordering: .relaxed)
            return
        }
        queue.async { [self] in
            let series = trace.series
            let text = trace.text
            output.withLock { output in
                let action = output.spool.traceEnded(
                    text,
                    series: series.id,
                    frequency: series.frequency,
                    total: series.total,
                    lost: series.lost.load(ordering: .relaxed)
                )
                perform(action, on: &output)
            }
            tellDropped(after: trace.tensorBytes)
        }
    }

    func seriesEnded(_ id: UInt64, frequency: Int) {
        queue.async { [self] in
            output.withLock { output in
                let action = output.spool.seriesEnded(id, frequency: frequency)
                perform(action, on: &output)
            }
        }
    }

    /// Returns once everything handed over before is written.
    func drain() { queue.sync {} }

    private func perform(_ action: TraceSpool.Action?, on output: inout Output) {
        guard let action else { return }
        guard output.budget.allows(action) else {
            drop(action)
            return
        }
        do throws(TraceFiles.Failure) {
            switch action {
            case .append(let text, _): try output.files.append(text)
            case .writeNumbered(let text, _): try output.files.writeNumbered(text)
            }
            output.isFailing = false
        } catch {
            // Said once, not for each trace of a full disk.
            if !output.isFailing { logger.error("failed creating trace file: \(error.reason)") }
            output.isFailing = true
        }
    }

    private func drop(_ action: TraceSpool.Action) {
        let traces =
            switch action {
            case .append(_, let traces), .writeNumbered(_, let traces): traces
            }
        let isFirst = backlog.withLock { backlog in
            defer { backlog.isFull = true }
            backlog.beyondFiles += UInt64(traces)
            return !backlog.isFull
        }
        guard isFirst else { return }
        logger.warning(
            """
            trace files have reached --trace-max-bytes (\(limits.fileBytes)) or --trace-max-files (\(limits.files)): \
            traces are dropped from here on
            """
        )
    }

    private func tellDropped(after bytes: Int) {
        let count = backlog.withLock { backlog -> UInt64 in
            backlog.traces -= 1
            backlog.bytes -= bytes
            // Told when the writer has caught up, so that one line says it all.
            guard backlog.traces == 0 else { return 0 }
            defer { backlog.droppedTold = backlog.dropped }
            return backlog.dropped - backlog.droppedTold
        }
        if count > 0 { logger.warning("\(count) traces were dropped: they came faster than they could be written") }
    }
}
