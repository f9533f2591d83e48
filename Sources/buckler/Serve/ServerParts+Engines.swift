// SPDX-License-Identifier: Apache-2.0
import Engines
import Glibc
import Inference
import Logging
import Serving
import Settings

extension ServerParts {
    var engines: EngineSelection { EngineSelection([onnxRuntime, IdentityEngine(), RepeatEngine(), pythonEngine]) }

    /// A server without ONNX Runtime still serves what does not need it; a model that does says what is missing.
    private var onnxRuntime: any Engine {
        let settings = settings
        return PlacedEngine(
            inProcess: orUnavailable(in: .process) { path throws(ServingError) in
                let logger = logger
                return ONNXRuntimeEngine(
                    library: try ONNXRuntimeLibrary.load(path: path) { logger.error("ONNX Runtime: \($0)") }
                )
            },
            inWorker: orUnavailable(in: .worker) { path throws(ServingError) in
                try HostedEngine(library: path, log: workerLog)
            },
            isHosted: { settings.placement(ofModel: $0) == .worker }
        )
    }

    /// What no model is placed in is not so much as looked for: a server whose models all run in workers never loads the
    /// engine's library itself.
    private func orUnavailable(
        in placement: Placement,
        _ make: (String) throws(ServingError) -> any Engine
    ) -> any Engine {
        guard settings.mayPlace(in: placement) else {
            return UnavailableEngine(
                name: "onnxruntime",
                error: ServingError(.internalError, "no model is placed in the \(placement.rawValue)")
            )
        }
        do throws(ServingError) {
            return try make(try engineLibraryPath())
        } catch {
            // An answer to a client never says where the library was looked for: the log does.
            let isAskedFor = settings.engineLibrary != nil
            logger.log(level: isAskedFor ? .error : .warning, "no ONNX model can be served: \(Serve.inWords(error))")
            return UnavailableEngine(name: "onnxruntime", error: error)
        }
    }

    private func engineLibraryPath() throws(ServingError) -> String {
        if let path = settings.engineLibrary { return path }
        return try EngineStore().locate().libraryPath
    }

    private var pythonEngine: PythonEngine {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return PythonEngine(
            searchPath: variable("PATH"),
            runtime: variable("BUCKLER_PYTHON"),
            environmentRoot: settings.pythonEnvironmentRoot,
            log: workerLog
        )
    }

    private var workerLog: WorkerLog {
        let logger = logger
        return WorkerLog { level, text in
            switch level {
            case .verbose: logger.debug("\(text)")
            case .info: logger.info("\(text)")
            case .warning: logger.warning("\(text)")
            case .error: logger.error("\(text)")
            }
        }
    }
}
