// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Stands next to the scheduler where a request is traced: sees what the model answers before anyone changes it.
final class TraceSink: ResponseSink {
    private let next: any ResponseSink
    private let trace: any RequestTrace

    init(next: any ResponseSink, trace: any RequestTrace) {
        self.next = next
        self.trace = trace
    }

    /// Records that `request` has begun.
    static func begin(_ request: InferenceRequest, _ trace: any RequestTrace) {
        let now = MonotonicTime.now()
        trace.record("REQUEST_START", at: now)
        trace.record("QUEUE_START", at: now)
        trace.recordTensors("TENSOR_QUEUE_INPUT", request.fields.inputs.map { OutputTensor($0) })
    }

    func receive(_ event: ResponseEvent) {
        let now = MonotonicTime.now()
        if case .response(let response, _) = event {
            trace.recordTensors("TENSOR_BACKEND_OUTPUT", response.outputs)
            trace.record("INFER_RESPONSE_COMPLETE", at: now)
        }
        switch event {
        case .response(_, isFinal: false): break
        case .response, .completed, .failed: trace.record("REQUEST_END", at: now)
        }
        next.receive(event)
    }
}
