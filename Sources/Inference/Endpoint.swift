// SPDX-License-Identifier: Apache-2.0

/// Everything that can be asked of the server, whatever the protocol: the one table of what it takes to ask it.
/// Paths and method names are mapped to these by the front ends; the raw values are what the audit log says.
package enum Endpoint: String, Sendable, CaseIterable {
    case serverLive = "server.live"
    case serverReady = "server.ready"
    /// `grpc.health.v1.Health/Check` of the server as a whole.
    case health = "health.check"
    /// `Check` of a service by its name.
    case serviceHealth = "health.service"
    case healthWatch = "health.watch"
    case serverMetadata = "server.metadata"
    case reflection
    case modelReady = "model.ready"
    case modelMetadata = "model.metadata"
    case modelConfig = "model.config"
    case infer
    case generate
    case generateStream = "generate_stream"
    case streamInfer = "infer.stream"
    case statistics = "model.statistics"
    case repositoryIndex = "repository.index"
    case load = "repository.load"
    case unload = "repository.unload"
    case traceSettings = "trace.get"
    case changeTrace = "trace.set"
    case logSettings = "log.get"
    case changeLog = "log.set"
    case sharedMemoryStatus = "shared_memory.status"
    case registerSharedMemory = "shared_memory.register"
    case unregisterSharedMemory = "shared_memory.unregister"
    case metrics
    /// A path or a method that the server does not have. Whoever has a credential is told so.
    case unknown

    /// What a caller must have been given; `nil` where any valid credential will do.
    package var scope: Scope? {
        switch self {
        case .serverLive, .serverReady, .health: .health
        case .serviceHealth, .healthWatch, .serverMetadata, .reflection, .modelReady, .modelMetadata, .modelConfig:
            .metadata
        case .infer, .generate, .generateStream, .streamInfer: .infer
        case .statistics: .statistics
        case .repositoryIndex: .metadata
        case .load, .unload, .traceSettings, .changeTrace, .logSettings, .changeLog: .admin
        case .sharedMemoryStatus, .registerSharedMemory, .unregisterSharedMemory: .sharedMemory
        case .metrics: .metrics
        case .unknown: nil
        }
    }

    /// Whether everyone may ask: up or not, ready or not, and nothing else.
    package var isOpen: Bool { scope == .health }

    /// Whether it is one of the requests that are counted and bounded.
    package var isInference: Bool { scope == .infer }

    /// Whether it concerns all models at once unless it names one.
    package var isServerWide: Bool {
        switch self {
        case .traceSettings, .changeTrace, .logSettings, .changeLog: true
        default: false
        }
    }

    /// Whether it changes the server, which is always worth a line in the audit log.
    package var isAdministrative: Bool {
        switch self {
        case .load, .unload, .changeTrace, .changeLog, .registerSharedMemory, .unregisterSharedMemory: true
        default: false
        }
    }
}
