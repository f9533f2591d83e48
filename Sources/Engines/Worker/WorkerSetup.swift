// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// What stays the same while workers of one instance come and go.
struct WorkerSetup: Sendable {
    var modelName: String
    var version: Int64
    /// As Triton names it: `MODEL_0_0`.
    var instanceName: String
    var isDecoupled: Bool
    var limits: WorkerLimits
    var estimate: LeaseEstimate
    var log: WorkerLog
    /// What its code counts; one for all instances.
    var metrics: ModelMetrics
    /// The way to other models; `nil` if there is none.
    var calls: (any ModelCalls)?
    /// How an error calls its process: Triton's word for those of Python models.
    var processName = "Stub process"

    var identity: ModelIdentity { ModelIdentity(name: modelName, version: version) }

    /// Triton's text, but for the name, for a worker that is not there.
    func unhealthy(_ code: ServingError.Code, cause: String? = nil) -> ServingError {
        ServingError(code, "\(processName) '\(instanceName)' is not healthy.", reason: .backend, cause: cause)
    }

    func logged(_ level: UInt64, _ text: String) {
        let levels: [WorkerLog.Level] = [.verbose, .info, .warning, .error]
        log(levels[Int(min(level, 3))], "model '\(modelName)' (\(instanceName)): \(text)")
    }
}

/// How other threads reach the one that has a worker.
final class WorkerSignal: Sendable {
    let attention: WakeEvent
    private let given = Mutex<WorkerFault?>(nil)

    init(attention: WakeEvent) { self.attention = attention }

    /// The worker is to be ended. The first reason counts.
    func giveUp(_ fault: WorkerFault) {
        given.withLock { $0 = $0 ?? fault }
        attention.post()
    }

    var fault: WorkerFault? { given.withLock { $0 } }
}
