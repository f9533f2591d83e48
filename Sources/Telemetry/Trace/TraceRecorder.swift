// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Logging
private import Synchronization

/// Which requests are traced, by settings that can be changed while the server runs, and where their traces go.
///
/// What is decided is decided by ``TraceTable``. While nothing is traced a request costs one load.
package final class TraceRecorder: TraceControl {
    package struct Policy: Sendable {
        /// `false`: the settings can only be read over the network.
        package var allowsChanges: Bool
        /// Throws for a model that this server does not have.
        package var checkModel: @Sendable (String) throws(ServingError) -> Void

        package init(
            allowsChanges: Bool,
            checkModel: @escaping @Sendable (String) throws(ServingError) -> Void
        ) {
            self.allowsChanges = allowsChanges
            self.checkModel = checkModel
        }
    }

    /// What clients are shown: not where the file lies.
    private let fileName: String
    private let policy: Policy
    private let limits: TraceLimits
    private let writer: TraceWriter
    private let table: Mutex<TraceTable<TraceSeries>>
    private let active: Atomic<Bool>
    private let lastID = Atomic<UInt64>(0)

    package init(
        _ configuration: TraceConfiguration,
        policy: Policy,
        limits: TraceLimits = TraceLimits(),
        logger: Logger
    ) {
        fileName = configuration.file.split(separator: "/").last.map { String($0) } ?? ""
        self.policy = policy
        self.limits = limits
        let writer = TraceWriter(file: configuration.file, limits: limits, logger: logger)
        self.writer = writer
        let series = SeriesCount()
        let table = TraceTable(configuration.values, hasFile: !configuration.file.isEmpty) { values in
            TraceSeries(id: series.next(), values: values, writer: writer)
        }
        active = Atomic(table.isActive)
        self.table = Mutex(table)
    }

    private final class SeriesCount: Sendable {
        private let last = Atomic<UInt64>(0)
        func next() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
    }

    package var isTracing: Bool { active.load(ordering: .relaxed) }

    package func beginTrace(model: String, version: Int64, requestID: String) -> (any RequestTrace)? {
        guard isTracing else { return nil }
        let sampled = table.withLock { table in
            let sampled = table.requestArrived(model: model)
            // The last of a count is what turns tracing off.
            if sampled != nil { active.store(table.isActive, ordering: .relaxed) }
            return sampled
        }
        guard let sampled else { return nil }
        let head = RecordedTrace.Head(
            id: lastID.add(1, ordering: .relaxed).newValue,
            model: model,
            version: version,
            requestID: requestID,
            level: sampled.level
        )
        return RecordedTrace(head, series: sampled.series, writer: writer, limits: limits)
    }

    package func traceSettings(ofModel model: String?) throws(ServingError) -> TraceSettings {
        if let model { try policy.checkModel(model) }
        return settings(table.withLock { $0.values(ofModel: model) })
    }

    package func changeTraceSettings(
        ofModel model: String?,
        _ changes: [String: [String]?]
    ) throws(ServingError) -> TraceSettings {
        if let model { try policy.checkModel(model) }
        let parsed = try TraceChanges(changes)
        guard !changes.isEmpty else { return try traceSettings(ofModel: model) }
        guard policy.allowsChanges else {
            throw ServingError(.permissionDenied, "trace settings are read only under --profile=triton")
        }
        return settings(
            try table.withLock { (table) throws(ServingError) in
                if let model, !table.hasSettings(ofModel: model), table.modelCount >= limits.models {
                    throw ServingError(
                        .resourceExhausted,
                        "there are trace settings of \(limits.models) models already, which is the maximum"
                    )
                }
                do throws(TraceTable<TraceSeries>.Invalid) {
                    try table.change(model, parsed)
                } catch {
                    throw ServingError(
                        .invalidArgument,
                        "Attempting to set invalid trace setting :\(error.rawValue)"
                    )
                }
                active.store(table.isActive, ordering: .relaxed)
                return table.values(ofModel: model)
            }
        )
    }

    private func settings(_ values: TraceValues) -> TraceSettings {
        [
            "trace_level": values.level.names, "trace_rate": [String(values.rate)],
            "trace_count": [String(values.count)], "log_frequency": [String(values.logFrequency)],
            "trace_file": [fileName], "trace_mode": ["triton"],
        ]
    }

    /// Traces that were dropped because they came faster than they could be written, or because the files are full.
    package var droppedCount: UInt64 { writer.droppedCount }

    /// Returns once every trace that has ended is written, or kept for its file.
    func drain() { writer.drain() }

    /// Traces nothing more, and writes what there is.
    package func stop() {
        active.store(false, ordering: .relaxed)
        forgetSettings()
        // Once for the traces, and once for what their series still kept: it is handed over as the last of them goes.
        writer.drain()
        writer.drain()
    }

    /// With its settings a series ends, which is what has the rest of it written.
    private func forgetSettings() {
        let ended = table.withLock { table in
            let old = table
            table = TraceTable(TraceValues(), hasFile: false) { [writer] values in
                TraceSeries(id: 0, values: values, writer: writer)
            }
            return old
        }
        withExtendedLifetime(ended) {}
    }
}
