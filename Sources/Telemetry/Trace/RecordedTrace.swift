// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// One traced request while it is under way. When it ends, or is forgotten, what was recorded goes to be written.
///
/// Tensors are held, not copied; their text is made by whoever writes them.
package final class RecordedTrace: RequestTrace {
    enum Entry: Sendable {
        case timestamp(StaticString, MonotonicTime)
        case tensor(StaticString, OutputTensor)
    }

    /// What is known from the start.
    struct Head: Sendable {
        var id: UInt64
        var model: String
        var version: Int64
        var requestID: String
        var level: TraceLevel
    }

    /// A trace that has ended.
    struct Finished: Sendable {
        var head: Head
        var entries: [Entry]
        /// Bytes of the tensors that are held.
        var tensorBytes: Int
        var series: TraceSeries
    }

    private struct State {
        var entries: [Entry] = []
        var tensorBytes = 0
        var hasEnded = false
    }

    private let head: Head
    private let series: TraceSeries
    private let writer: TraceWriter
    private let limits: TraceLimits
    private let state = Mutex(State())

    init(_ head: Head, series: TraceSeries, writer: TraceWriter, limits: TraceLimits) {
        self.head = head
        self.series = series
        self.writer = writer
        self.limits = limits
    }

    deinit { end() }

    package func record(_ name: StaticString, at time: MonotonicTime) {
        guard head.level.contains(.timestamps) else { return }
        state.withLock { state in
            guard !state.hasEnded, state.entries.count < limits.entries else { return }
            state.entries.append(.timestamp(name, time))
        }
    }

    package func recordTensors(_ activity: StaticString, _ tensors: [OutputTensor]) {
        guard head.level.contains(.tensors) else { return }
        state.withLock { state in
            for tensor in tensors {
                guard !state.hasEnded, state.entries.count < limits.entries else { return }
                var kept = tensor
                if tensor.bytes.count > limits.tensorBytes || state.tensorBytes > limits.pendingBytes {
                    kept.bytes = TensorBytes()
                }
                state.tensorBytes += kept.bytes.count
                state.entries.append(.tensor(activity, kept))
            }
        }
    }

    package func end() {
        let finished = state.withLock { state -> Finished? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            defer { state.entries = [] }
            return Finished(head: head, entries: state.entries, tensorBytes: state.tensorBytes, series: series)
        }
        if let finished { writer.write(finished) }
    }
}
