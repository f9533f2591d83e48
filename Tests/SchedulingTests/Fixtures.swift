// SPDX-License-Identifier: Apache-2.0
import Inference
import Synchronization

@testable import Scheduling

/// Keeps what a client would be told.
final class RecordingSink: ResponseSink {
    private let events = Mutex<[ResponseEvent]>([])
    private let onEvent: (@Sendable (ResponseEvent) -> Void)?

    init(onEvent: (@Sendable (ResponseEvent) -> Void)? = nil) { self.onEvent = onEvent }

    func receive(_ event: ResponseEvent) {
        events.withLock { $0.append(event) }
        onEvent?(event)
    }

    var received: [ResponseEvent] { events.withLock { $0 } }
    var ends: Int { received.count(where: \.isEnd) }

    var error: ServingError? {
        guard case .failed(let error)? = received.last else { return nil }
        return error
    }
}

extension MonotonicTime {
    static func at(_ microseconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: microseconds * 1000) }
}

/// A request called `id`, enqueued at `time` microseconds.
func makeScheduled(
    _ id: String = "",
    at time: UInt64 = 0,
    batchSize: Int = 1,
    bytes: Int = 0,
    sink: RecordingSink = RecordingSink(),
    fill: (inout InferenceRequest.Fields) -> Void = { _ in }
) -> ScheduledRequest {
    var fields = InferenceRequest.Fields()
    fields.id = id
    fill(&fields)
    return ScheduledRequest(
        request: InferenceRequest(fields),
        batchSize: batchSize,
        sink: sink,
        inputBytes: bytes,
        enqueued: .at(time)
    )
}

/// A request whose only interesting part are its inputs' shapes, the batch dimension included.
func makeRequest(inputs: [(String, Shape)]) -> InferenceRequest {
    var fields = InferenceRequest.Fields()
    fields.inputs = inputs.map { InputTensor(name: $0.0, dataType: .fp32, shape: $0.1, bytes: TensorBytes()) }
    return InferenceRequest(fields)
}

func makeBatching(_ change: (inout DynamicBatching) -> Void = { _ in }) -> DynamicBatching {
    var batching = DynamicBatching()
    change(&batching)
    return batching
}

func ids(_ requests: [ScheduledRequest]) -> [String] { requests.map(\.request.fields.id) }

struct NoTrace: ExecutionObserver {
    func batchCompleted(_ report: BatchReport) {}
    func responseDelivered(_ report: ResponseReport) {}
    func requestDropped(_ request: ScheduledRequest, error: ServingError, at time: MonotonicTime) {}
}
