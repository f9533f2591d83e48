// SPDX-License-Identifier: Apache-2.0
package import Inference
internal import InferenceProtos
internal import Scheduling

/// What one loaded version is made of, apart from who holds it.
struct VersionParts: Sendable {
    var name: String
    var version: Int64
    var digest: ModelDigest?
    var config: Inference_ModelConfig
    var configurationJSON: String
    var inputs: [TensorSpec]
    var outputs: [TensorSpec]
    var labels: [String: [String]]
    var engine: any EngineModel
    var scheduler: ModelScheduler
    var statistics: StatisticsRecorder
}

/// A version that serves. It lives as long as someone holds it: the registry, or a request that is still being read.
///
/// The last one to let go sets off its retirement, elsewhere: the scheduler drains and its threads end.
package final class ServableVersion: ServableModel {
    let parts: VersionParts
    private let contract: RequestContract
    private let sharedMemory: SharedMemoryStore?
    private let retire: @Sendable (VersionParts) -> Void

    init(
        parts: VersionParts,
        sharedMemory: SharedMemoryStore?,
        retire: @escaping @Sendable (VersionParts) -> Void
    ) {
        self.parts = parts
        self.sharedMemory = sharedMemory
        self.retire = retire
        contract = RequestContract(
            modelName: parts.name,
            inputs: parts.inputs,
            outputs: parts.outputs,
            maxBatchSize: Int(parts.config.maxBatchSize)
        )
        isDecoupled = parts.config.modelTransactionPolicy.decoupled
        maxBatchSize = Int(parts.config.maxBatchSize)
    }

    deinit { retire(parts) }

    package var name: String { parts.name }
    package var version: Int64 { parts.version }
    package var digest: ModelDigest? { parts.digest }
    package var inputs: [TensorSpec] { parts.inputs }
    package var outputs: [TensorSpec] { parts.outputs }
    package let maxBatchSize: Int
    package let isDecoupled: Bool

    package func infer(_ request: InferenceRequest, sink: any ResponseSink) {
        do throws(ServingError) {
            let facts = try contract.check(request)
            var sink = sink
            if facts.wantsClassification {
                sink = ClassificationSink(
                    next: sink,
                    requested: request.fields.requestedOutputs,
                    labels: parts.labels,
                    isBatched: maxBatchSize > 0
                )
            }
            if facts.wantsSharedMemory {
                guard let sharedMemory else { throw SharedMemoryStore.disabled }
                sink = try SharedMemorySink(
                    next: sink,
                    requested: request.fields.requestedOutputs,
                    store: sharedMemory
                )
            }
            if let trace = request.fields.trace {
                sink = TraceSink(next: sink, trace: trace)
                TraceSink.begin(request, trace)
            }
            parts.scheduler.enqueue(
                ScheduledRequest(
                    request: request,
                    batchSize: facts.batchSize,
                    sink: sink,
                    inputBytes: facts.inputBytes,
                    enqueued: .now()
                )
            )
        } catch {
            // As in Triton, what never reaches the scheduler is in no statistics: a client's mistake is no failure of
            // the model.
            sink.receive(.failed(error))
        }
    }
}
