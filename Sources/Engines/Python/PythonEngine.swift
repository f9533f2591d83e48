// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// Triton's Python backend: a `model.py` with a `TritonPythonModel`, each instance in a sandboxed process of its own.
package final class PythonEngine: Engine {
    package let name = "python"

    private struct Found {
        var launcher: String
        var runtime: String
        var interpreter: PythonInterpreter
    }

    private let log: WorkerLog
    private let searchPath: String?
    private let runtimeSetting: String?
    private let environmentRoot: String?
    /// By the interpreter's setting. What a server without Python models never asks is not looked for.
    private let found = Mutex<[String: Found]>([:])

    /// - Parameters:
    ///   - searchPath: the server's `PATH`.
    ///   - runtime: `BUCKLER_PYTHON`.
    ///   - environmentRoot: where environments lie that models may name, besides those in their own directories; absolute.
    package init(searchPath: String?, runtime: String?, environmentRoot: String?, log: WorkerLog) {
        self.searchPath = searchPath
        runtimeSetting = runtime
        self.environmentRoot = environmentRoot
        self.log = log
    }

    package func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel {
        guard let directory = source.files.directoryPath else {
            throw ServingError(
                .unsupported,
                "model '\(source.modelName)': files that come with a load request are not supported for Python models"
            )
        }
        guard source.files.exists(source.path) else {
            throw ServingError(.notFound, "model file '\(source.path)' of model '\(source.modelName)' does not exist")
        }
        var found = try find(source.engineSettings["interpreter"])
        var authorsDirectory: String?
        if let setting = source.parameters[PythonEnvironment.parameter] {
            let environment = try PythonEnvironment.find(
                setting,
                of: source.modelName,
                inDirectory: directory,
                orBeneath: environmentRoot
            )
            found.interpreter = try found.interpreter.replaced(by: environment, of: source.modelName)
            authorsDirectory = environment.directory
        }
        let launch = WorkerLaunch(
            launcher: found.launcher,
            program: [found.interpreter.path, "-I", "-B", found.runtime + "/" + PythonRuntime.program],
            readable: PythonInterpreter.readable(found.interpreter.readable + [found.runtime]),
            model: WorkerModelDirectory(directory: directory, mount: "/models/" + source.modelName),
            authorsDirectory: authorsDirectory,
            environment: Self.environment.merging([Self.outputLimit: String(source.outputLimit)]) { $1 },
            limits: try limits(source)
        )
        return try PythonModel(source, launch: launch, metrics: try metricLimits(source), log: log)
    }

    /// The server holds every worker to it; one that knows it can say so in an answer.
    private static let outputLimit = "BUCKLER_OUTPUT_LIMIT"

    private static let environment = [
        "TRITON_SANDBOX": "true",
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",
        // Freed memory of large arrays stays with the process: giving it back and faulting it in again costs more than
        // what a model does with it.
        "MALLOC_MMAP_THRESHOLD_": "1073741824",
        "MALLOC_TRIM_THRESHOLD_": "1073741824",
    ]

    private func find(_ setting: String?) throws(ServingError) -> Found {
        if let known = found.withLock({ $0[setting ?? ""] }) { return known }
        let new = Found(
            launcher: try SandboxLauncher.beside().path,
            runtime: try PythonRuntime.find(setting: runtimeSetting),
            interpreter: try PythonInterpreter.find(setting: setting, searchPath: searchPath)
        )
        found.withLock { $0[setting ?? ""] = new }
        return new
    }

    private func limits(_ source: EngineModelSource) throws(ServingError) -> WorkerLimits {
        var limits = WorkerLimits()
        limits.outputBytes = source.outputLimit
        limits.addressSpaceBytes = WorkerLimits.machineMemory
        limits.executionSeconds = source.executionSeconds
        try limits.takeResources(of: source)
        if let seconds = try source.workerSetting("stub-timeout-seconds") { limits.startSeconds = seconds }
        if let seconds = try source.workerSetting("execution-timeout-seconds") { limits.executionSeconds = seconds }
        if let seconds = try source.workerSetting("ready-timeout-seconds") { limits.readySeconds = seconds }
        if let calls = try source.workerSetting("max-calls") { limits.calls = calls }
        return limits
    }

    private func metricLimits(_ source: EngineModelSource) throws(ServingError) -> CustomMetricLimits {
        var limits = CustomMetricLimits()
        if let count = try source.workerSetting("max-metric-families", least: 0) { limits.families = count }
        if let count = try source.workerSetting("max-metrics", least: 0) { limits.metrics = count }
        return limits
    }
}
