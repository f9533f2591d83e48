// SPDX-License-Identifier: Apache-2.0

/// The files of one model directory, read beneath it and nowhere else.
package protocol ModelFiles: Sendable {
    /// - Parameter path: relative to the model's directory, as in `1/model.onnx`.
    func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes
    /// Hands the content over piece by piece: it takes the memory of one piece, however long the file is.
    func scan(_ path: String, _ take: (UnsafeRawBufferPointer) -> Void) throws(ServingError)
    func exists(_ path: String) -> Bool
    /// Names of the entries of a directory, sorted; empty if there is no such directory.
    func list(_ path: String) throws(ServingError) -> [String]
    /// Whether `path` is a directory; not if it is a link that may not be followed.
    func isDirectory(_ path: String) -> Bool
    /// The same, but a link that may not be followed is an error.
    func leadsToDirectory(_ path: String) throws(ServingError) -> Bool
    /// Where the model's directory lies, absolute and without links, for a process that reads it itself; `nil` if it is
    /// not on a disk.
    var directoryPath: String? { get }
}

extension ModelFiles {
    package var directoryPath: String? { nil }

    package func leadsToDirectory(_ path: String) throws(ServingError) -> Bool { isDirectory(path) }

    package func scan(_ path: String, _ take: (UnsafeRawBufferPointer) -> Void) throws(ServingError) {
        try read(path, limit: .max).withUnsafeBytes(take)
    }
}

/// What an engine is given to open one version of a model.
package struct EngineModelSource: Sendable {
    package var modelName: String
    package var version: Int64
    package var files: any ModelFiles
    /// Relative to the model's directory: `1/model.onnx`.
    package var path: String
    /// `parameters` of the configuration.
    package var parameters: [String: String] = [:]
    /// `--backend-config=<engine>,key=value`.
    package var engineSettings: [String: String] = [:]
    /// `optimization.graph.level`, if set.
    package var graphLevel: Int?
    /// How many instances will run at once in this process: what a thread pool is to be sized by.
    package var instanceCount = 1
    /// Bytes that the engine may hold for this model's activations; a request that needs more fails alone.
    package var arenaLimit: Int?
    /// Bytes that the outputs of one execution may have.
    package var outputLimit: Int
    /// How long an engine may run one batch before it is taken for hanging, if it can be stopped; 0: as long as it takes.
    package var executionSeconds = 0
    /// Triton's JSON of the configuration, as far as it is complete before the model is opened.
    package var configurationJSON = ""
    /// Whether the model may say what the configuration leaves out.
    package var autoCompletes = false
    /// For a model that calls others; `nil` where there are none to call.
    package var calls: (any ModelCalls)?

    package var identity: ModelIdentity { ModelIdentity(name: modelName, version: version) }

    package init(modelName: String, version: Int64, files: any ModelFiles, path: String, outputLimit: Int) {
        self.modelName = modelName
        self.version = version
        self.files = files
        self.path = path
        self.outputLimit = outputLimit
    }
}

/// A tensor as the model file itself declares it: the batch dimension, if any, included.
package struct GraphTensor: Sendable, Equatable {
    package var name: String
    package var dataType: DataType
    /// `-1` for a dimension without a fixed size.
    package var shape: Shape

    package init(name: String, dataType: DataType, shape: Shape) {
        self.name = name
        self.dataType = dataType
        self.shape = shape
    }
}

package struct GraphSignature: Sendable, Equatable {
    package var inputs: [GraphTensor]
    package var outputs: [GraphTensor]

    package init(inputs: [GraphTensor], outputs: [GraphTensor]) {
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// The tensors of a model as the finished configuration has them: what an engine checks itself against.
package struct EngineModelConfiguration: Sendable {
    package var inputs: [TensorSpec]
    package var outputs: [TensorSpec]
    package var maxBatchSize: Int
    /// Whether requests may get any number of responses, also after `execute` has returned.
    package var isDecoupled: Bool
    /// Triton's JSON of all of it.
    package var json = ""

    package init(inputs: [TensorSpec], outputs: [TensorSpec], maxBatchSize: Int, isDecoupled: Bool = false) {
        self.inputs = inputs
        self.outputs = outputs
        self.maxBatchSize = maxBatchSize
        self.isDecoupled = isDecoupled
    }
}

/// Something that can run models: ONNX Runtime, the identity engine, Python in a process of its own.
package protocol Engine: Sendable {
    /// The name that a configuration's `backend` has.
    var name: String { get }

    /// Reads the model and everything it needs. May take long; never called on an event loop.
    func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel
}

/// One version of a model, opened.
package protocol EngineModel: AnyObject, Sendable {
    /// `nil` if the model file says nothing about its tensors.
    var signature: GraphSignature? { get }

    /// The configuration as the model's own code has completed it, as JSON; `nil` if it has no say.
    var completedConfiguration: String? { get }

    /// Checks the configuration against the model, with Triton's texts where they differ, and gets ready to run.
    func configure(_ configuration: EngineModelConfiguration) throws(ServingError)

    /// Called after ``configure(_:)``, once for each instance.
    func makeInstance(_ index: Int) throws(ServingError) -> any EngineInstance

    /// Whether a request of fixed shapes always costs about the same, so that cheap ones may run on an event loop.
    var hasSteadyCost: Bool { get }

    /// Whether any of its instances can run now: one whose process has ended can not until the next has started.
    var isReady: Bool { get }

    /// The same, once the model's own code was asked, if it has a say; in bounded time.
    func askReady() async -> Bool

    /// What the model's own code counts.
    var customMetrics: [CustomMetricFamily] { get }

    /// No instance will execute again. `closed` is called, on any thread, when all that ran for the model is gone.
    func close(whenClosed closed: @escaping @Sendable () -> Void)
}

extension EngineModel {
    package var hasSteadyCost: Bool { true }
    package var completedConfiguration: String? { nil }
    package var isReady: Bool { true }
    package func askReady() async -> Bool { isReady }
    package var customMetrics: [CustomMetricFamily] { [] }
    package func close(whenClosed closed: @escaping @Sendable () -> Void) { closed() }
}

/// One lane of execution. Used by one thread at a time.
package protocol EngineInstance: AnyObject, Sendable {
    /// Runs `batch` and answers every request in it through it. May block; returns when it no longer needs the batch.
    /// A decoupled model keeps a ``ResponseSender`` of each request that it answers later.
    func execute(_ batch: ExecutionBatch)

    /// Whether it can run now. One that can not fails what it is given at once.
    var isUsable: Bool { get }

    /// `wake` is to be called, from any thread, whenever the instance has become usable again.
    func onUsable(_ wake: @escaping @Sendable () -> Void)
}

extension EngineInstance {
    package var isUsable: Bool { true }
    package func onUsable(_ wake: @escaping @Sendable () -> Void) {}
}
