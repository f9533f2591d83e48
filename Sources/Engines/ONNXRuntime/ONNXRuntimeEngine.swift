// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Runs ONNX models with ONNX Runtime on the CPU, in this process.
package struct ONNXRuntimeEngine: Engine {
    package let name = "onnxruntime"
    private let library: ONNXRuntimeLibrary

    package init(library: ONNXRuntimeLibrary) { self.library = library }

    package func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel {
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let settings = try SessionSettings(source, cores: cores)
        let content = try ModelContent.read(source.files, path: source.path)
        let session = try ONNXRuntimeSession(
            content,
            library: library,
            settings: settings,
            modelName: source.modelName,
            memoryLimit: source.arenaLimit
        )
        return ONNXRuntimeModel(session: session, modelName: source.modelName, outputLimit: source.outputLimit)
    }
}

/// One version of a model: its session, shared by all instances.
final class ONNXRuntimeModel: EngineModel {
    private let session: ONNXRuntimeSession
    private let modelName: String
    private let outputLimit: Int
    private let plan = Mutex<ExecutionPlan?>(nil)

    init(session: ONNXRuntimeSession, modelName: String, outputLimit: Int) {
        self.session = session
        self.modelName = modelName
        self.outputLimit = outputLimit
    }

    var signature: GraphSignature? { session.signature }

    /// Bytes of the engine's memory that runs and their answers hold now.
    var bytesInUse: Int { session.account.bytesInUse }

    func configure(_ configuration: EngineModelConfiguration) throws(ServingError) {
        let match = GraphMatch(modelName: modelName, graph: session.signature, configuration: configuration)
        try match.check()
        let made = ExecutionPlan(
            configuration,
            graph: session.signature,
            modelName: modelName,
            outputLimit: outputLimit
        )
        plan.withLock { $0 = made }
    }

    func makeInstance(_ index: Int) throws(ServingError) -> any EngineInstance {
        guard let plan = plan.withLock({ $0 }) else {
            throw ServingError(.internalError, "an instance of model '\(modelName)' was made before its configuration")
        }
        return ONNXRuntimeInstance(session: session, plan: plan)
    }
}

/// What every execution of a model has in common, prepared once.
struct ExecutionPlan: Sendable {
    struct Tensor: Sendable {
        var spec: TensorSpec
        /// The number of dimensions that the model declares, the batch included.
        var rank: Int
    }

    var modelName: String
    var maxBatchSize: Int
    var inputs: [Tensor]
    /// In the model's own order, which is the order of answers.
    var outputs: [Tensor]
    var inputNames: CStringArray
    var outputNames: CStringArray
    var outputLimit: Int

    var batches: Bool { maxBatchSize > 0 }

    init(_ configuration: EngineModelConfiguration, graph: GraphSignature, modelName: String, outputLimit: Int) {
        self.modelName = modelName
        self.outputLimit = outputLimit
        maxBatchSize = configuration.maxBatchSize
        inputs = Self.order(configuration.inputs, as: graph.inputs)
        outputs = Self.order(configuration.outputs, as: graph.outputs)
        inputNames = CStringArray(inputs.map(\.spec.name))
        outputNames = CStringArray(outputs.map(\.spec.name))
    }

    private static func order(_ specs: [TensorSpec], as tensors: [GraphTensor]) -> [Tensor] {
        tensors.compactMap { tensor in
            specs.first { $0.name == tensor.name }.map { Tensor(spec: $0, rank: tensor.shape.count) }
        }
    }
}
