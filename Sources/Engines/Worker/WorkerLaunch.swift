// SPDX-License-Identifier: Apache-2.0

/// Bounds of what one worker may use, and how long it may take.
package struct WorkerLimits: Sendable {
    package var addressSpaceBytes: Int?
    package var openFiles = 256
    /// Threads; only where the worker has a user of its own, as all processes of a user count.
    package var threads = 512
    package var fileBytes = 256 << 20
    package var startSeconds = 30
    package var finishSeconds = 5
    /// For a model to say whether it is ready.
    package var readySeconds = 5
    /// Calls of other models that may run at once.
    package var calls = 256
    /// From when a request is handed over to its end; 0: as long as it takes.
    package var executionSeconds = 0
    /// What requests may have in memory shared with it.
    package var requestBytes = 4 << 30
    /// What the outputs of one execution may have.
    package var outputBytes = 1 << 30

    package init() {}
}

/// What it takes to start a worker of one model.
struct WorkerLaunch: Sendable {
    var launcher: String
    var profile = "python"
    /// Absolute: program and arguments.
    var program: [String]
    /// What it may read, besides the model.
    var readable: [String]
    /// The model's directory, and where the worker finds it where it has a file system of its own.
    var modelDirectory: String
    var modelMount: String
    var environment: [String: String]
    var limits: WorkerLimits
}

/// Who hears what workers print and how they end.
package struct WorkerLog: Sendable {
    package enum Level: Sendable { case verbose, info, warning, error }

    private let write: @Sendable (Level, String) -> Void

    package init(_ write: @escaping @Sendable (Level, String) -> Void) { self.write = write }

    package func callAsFunction(_ level: Level, _ text: String) { write(level, text) }
}
