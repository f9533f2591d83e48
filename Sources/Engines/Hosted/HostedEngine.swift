// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// ONNX Runtime with each instance of a model in a sandboxed process of its own: what is wrong with a model, or with the
/// engine, ends that process alone.
package struct HostedEngine: Engine {
    package let name = "onnxruntime"

    private let launcher: String
    private let program: String
    /// As workers see it: at the same place as here.
    private let library: String
    private let readable: [String]
    private let log: WorkerLog

    /// - Parameter library: path of the engine's shared library, which is trusted.
    /// - Throws: `.unavailable` if what it takes to start workers is not there.
    package init(library: String, log: WorkerLog) throws(ServingError) {
        launcher = try SandboxLauncher.beside().path
        program = try Self.real(try OwnProgram.beside("buckler-worker"))
        self.library = try Self.real(library)
        var readable = Self.system.union([program, self.library])
        if let directory = OwnProgram.swiftLibraries { readable.insert(directory) }
        self.readable = ReadablePaths.outermost(readable)
        self.log = log
    }

    /// Where the libraries lie that the engine and the worker itself need, and the loader's list of them.
    private static let system: Set<String> = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"]

    private static let environment = ["LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"]

    /// A link cannot be shown to a worker without what it leads to.
    private static func real(_ path: String) throws(ServingError) -> String {
        guard let resolved = ReadablePaths.resolved(path) else {
            throw ServingError(
                .unavailable,
                "the engine's library is not there: buckler engine install onnxruntime fetches it",
                cause: path
            )
        }
        return resolved
    }

    package func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel {
        // Read here, by the rules of the repository and into its digest: a worker is handed bytes and finds no file.
        let content = try ModelContent.read(source.files, path: source.path)
        let limits = try Self.limits(source)
        var launch = WorkerLaunch(
            launcher: launcher,
            profile: "onnx",
            program: [program],
            readable: readable,
            environment: Self.environment,
            limits: limits
        )
        let parts = content.byPath
        let shared = try SharedContent(parts.map(\.bytes))
        launch.content = shared
        let files = zip(parts, shared.offsets).map { part, offset in
            HostedFile(path: part.path, offset: offset, bytes: part.bytes.count)
        }
        var source = source
        source.path = content.path
        if let processors = limits.processors {
            let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
            source.useThreads(atMost: Int(processors.rounded(.up)), cores: cores)
        }
        return try HostedModel(HostedArguments(library: library, source: source, files: files), launch, log: log)
    }

    private static func limits(_ source: EngineModelSource) throws(ServingError) -> WorkerLimits {
        var limits = WorkerLimits()
        limits.outputBytes = source.outputLimit
        limits.addressSpaceBytes = WorkerLimits.machineMemory
        limits.executionSeconds = source.executionSeconds
        // Loading counts as running the model: constants are folded then, and large models take their time.
        limits.startSeconds = 300
        limits.restartPatienceMilliseconds = 1000
        try limits.takeResources(of: source)
        if let seconds = try source.workerSetting("start-timeout-seconds") { limits.startSeconds = seconds }
        if let seconds = try source.workerSetting("execution-timeout-seconds") { limits.executionSeconds = seconds }
        if let milliseconds = try source.workerSetting("restart-patience-milliseconds", least: 0) {
            limits.restartPatienceMilliseconds = milliseconds
        }
        return limits
    }
}
