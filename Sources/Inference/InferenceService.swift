// SPDX-License-Identifier: Apache-2.0

/// A tensor that a model declares, without the batch dimension.
package struct TensorSpec: Sendable, Equatable {
    package var name: String
    package var dataType: DataType
    /// As configured: `-1` for a variable dimension, no batch dimension.
    package var shape: Shape
    /// What the engine sees instead of `shape`, if the configuration reshapes.
    package var engineShape: Shape?
    package var isOptional: Bool
    package var allowsRaggedBatch: Bool

    package init(
        name: String,
        dataType: DataType,
        shape: Shape,
        engineShape: Shape? = nil,
        isOptional: Bool = false,
        allowsRaggedBatch: Bool = false
    ) {
        self.name = name
        self.dataType = dataType
        self.shape = shape
        self.engineShape = engineShape
        self.isOptional = isOptional
        self.allowsRaggedBatch = allowsRaggedBatch
    }
}

/// A version of a model that is ready. Holding it keeps it loaded: an unload waits for the last holder.
package protocol ServableModel: AnyObject, Sendable {
    var name: String { get }
    var version: Int64 { get }
    var inputs: [TensorSpec] { get }
    var outputs: [TensorSpec] { get }
    /// 0: requests carry no batch dimension.
    var maxBatchSize: Int { get }
    /// Whether it may answer a request with any number of responses.
    var isDecoupled: Bool { get }
    /// Of its files and its configuration as they were when it was loaded.
    var digest: ModelDigest? { get }

    /// Validates and queues `request`. Returns at once; everything, errors too, is told to `sink`.
    func infer(_ request: InferenceRequest, sink: any ResponseSink)
}

extension ServableModel {
    package var digest: ModelDigest? { nil }
}

/// What a front end asks to find who answers a request.
package protocol InferenceService: Sendable {
    /// - Parameter version: `nil` for the one that the model's version policy picks.
    /// - Throws: `.notFound` or `.unavailable` with Triton's texts.
    func model(named name: String, version: Int64?) throws(ServingError) -> any ServableModel
}
