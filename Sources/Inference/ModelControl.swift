// SPDX-License-Identifier: Apache-2.0

package struct ModelMetadata: Sendable {
    package var name: String
    package var versions: [Int64]
    package var platform: String
    /// Shapes here start with `-1` if the model batches.
    package var inputs: [TensorSpec]
    package var outputs: [TensorSpec]
    /// What is unsafe about it and was let in all the same.
    package var findings: [AdmissionFinding] = []

    package init(
        name: String,
        versions: [Int64],
        platform: String,
        inputs: [TensorSpec],
        outputs: [TensorSpec]
    ) {
        self.name = name
        self.versions = versions
        self.platform = platform
        self.inputs = inputs
        self.outputs = outputs
    }
}

package enum ModelState: String, Sendable {
    case unknown = "UNKNOWN"
    case ready = "READY"
    case unavailable = "UNAVAILABLE"
    case loading = "LOADING"
    case unloading = "UNLOADING"
}

/// A line of the repository index; a model that was never loaded has neither version nor state.
package struct RepositoryIndexEntry: Sendable, Equatable {
    package var name: String
    package var version: Int64?
    package var state: ModelState?
    package var reason: String

    package init(name: String, version: Int64? = nil, state: ModelState? = nil, reason: String = "") {
        self.name = name
        self.version = version
        self.state = state
        self.reason = reason
    }
}

/// What a load request may bring along.
package struct LoadParameters: Sendable {
    /// A `ModelConfig` as JSON, in place of the one on disk.
    package var configuration: String?
    /// Relative path → content, in place of the directory on disk.
    package var files: [String: [UInt8]]

    package init(configuration: String? = nil, files: [String: [UInt8]] = [:]) {
        self.configuration = configuration
        self.files = files
    }

    /// Whether anything stands in for what is on disk.
    package var replacesAnything: Bool { configuration != nil || !files.isEmpty }
}

/// Everything about models that is not inference. Front ends know this and ``InferenceService`` and nothing else.
package protocol ModelControl: Sendable {
    var isLive: Bool { get }
    var isReady: Bool { get }
    /// Whether the server is on its way out: health answers 503 then.
    var isExiting: Bool { get }
    func isModelReady(named name: String, version: Int64?) throws(ServingError) -> Bool
    /// The same for a client that asks: a model with a say in it is asked, in bounded time.
    func askModelReady(named name: String, version: Int64?) async throws(ServingError) -> Bool
    func metadata(ofModel name: String, version: Int64?) throws(ServingError) -> ModelMetadata
    /// The completed `ModelConfig` as Triton's JSON.
    func configurationJSON(ofModel name: String, version: Int64?) throws(ServingError) -> String
    /// Sorted by name and version; only versions that are ready.
    func statistics(ofModel name: String?, version: Int64?) throws(ServingError) -> [ModelStatisticsSnapshot]
    func repositoryIndex(readyOnly: Bool) async -> [RepositoryIndexEntry]
    /// Returns once the model serves or has failed to load.
    func load(model name: String, parameters: LoadParameters) async throws(ServingError)
    /// Returns once the unload has begun.
    func unload(model name: String, includingDependents: Bool) async throws(ServingError)
    /// The newest version of a model that is ready, for the audit log; `nil` if there is none.
    func served(_ name: String) -> ServedModel?
}

extension ModelControl {
    package func served(_ name: String) -> ServedModel? { nil }
}

extension ModelControl {
    package func askModelReady(named name: String, version: Int64?) async throws(ServingError) -> Bool {
        try isModelReady(named: name, version: version)
    }
}
