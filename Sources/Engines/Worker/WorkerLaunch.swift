// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Bounds of what one worker may use, and how long it may take.
package struct WorkerLimits: Sendable {
    package var addressSpaceBytes: Int?
    /// Of its cgroup; `nil` for what any worker gets.
    package var memoryBytes: Int?
    /// How many processors' time it may have, where there are cgroups; `nil` for all.
    package var processors: Double?
    package var openFiles = 256
    /// Threads; only where the worker has a user of its own, as all processes of a user count.
    package var threads = 512
    package var fileBytes = 256 << 20
    package var startSeconds = 30
    package var finishSeconds = 5
    /// For a model to say whether it is ready.
    package var readySeconds = 5
    /// For how long a batch may wait for a worker that is being started again, before it is refused.
    package var restartPatienceMilliseconds = 0
    /// Calls of other models that may run at once.
    package var calls = 256
    /// From when a request is handed over to its end; 0: as long as it takes.
    package var executionSeconds = 0
    /// What requests may have in memory shared with it.
    package var requestBytes = 4 << 30
    /// What the outputs of one execution may have.
    package var outputBytes = 1 << 30

    package init() {}

    /// All of the machine's, so that a worker that wants more fails by itself before the machine does.
    static var machineMemory: Int? { physicalMemory.map { max($0, 4 << 30) } }

    static var physicalMemory: Int? {
        let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(
            by: sysconf(Int32(_SC_PAGESIZE))
        )
        return overflow || bytes <= 0 ? nil : bytes
    }
}

/// A model's directory, and where a worker finds it that has a file system of its own.
struct WorkerModelDirectory: Sendable {
    var directory: String
    var mount: String
}

/// What it takes to start a worker of one model.
struct WorkerLaunch: Sendable {
    var launcher: String
    var profile = "python"
    /// Absolute: program and arguments.
    var program: [String]
    /// What it may read, besides the model.
    var readable: [String]
    /// `nil` for a worker that sees no directory of its model, as it is handed what it needs.
    var model: WorkerModelDirectory?
    /// Files of the model, which each worker is handed before it is told to start.
    var content: SharedContent?
    /// A directory among `readable` that the model's author named, absolute and without links.
    var authorsDirectory: String?
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
