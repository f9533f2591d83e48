// SPDX-License-Identifier: Apache-2.0
private import CLinux
internal import COnnxRuntime
package import Inference
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// What the engine itself reports: its severity is at least "error".
package typealias EngineLog = @Sendable (String) -> Void

/// The engine's shared library, loaded once for the life of the process, with its one environment.
package final class ONNXRuntimeLibrary: @unchecked Sendable {
    // SAFETY: all pointers are set in `init` and never change; the C API is thread-safe for all calls made through them.
    let api: UnsafePointer<OrtApi>
    let environment: OpaquePointer
    /// Describes memory of ours to the engine.
    let memoryInfo: OpaquePointer
    let accountingAllocator: UnsafeMutablePointer<OrtAllocator>
    /// As the library states it: `1.31.1`.
    package let version: String

    /// The oldest library whose function table has all that is called here.
    static let oldestMinorVersion = 24

    private static let loaded = Mutex<[String: ONNXRuntimeLibrary]>([:])
    private static let logSink = Mutex<EngineLog?>(nil)

    /// Loads the library at `path`, or returns it if it is loaded already.
    ///
    /// The environment of the engine is one per process, so the `log` of the last call is the one that is used.
    /// - Parameter path: absolute; search paths are never consulted.
    /// - Throws: `.unavailable` with one sentence that says what is wrong; the path is in the cause only.
    package static func load(path: String, log: EngineLog? = nil) throws(ServingError) -> ONNXRuntimeLibrary {
        guard path.hasPrefix("/") else {
            throw ServingError(.invalidArgument, "the engine library must be given by an absolute path", cause: path)
        }
        if let log { logSink.withLock { $0 = log } }
        // `withLock` does not carry the thrown type through.
        let result: Result<ONNXRuntimeLibrary, ServingError> = loaded.withLock { loaded in
            if let library = loaded[path] { return .success(library) }
            do throws(ServingError) {
                let library = try ONNXRuntimeLibrary(path: path)
                loaded[path] = library
                return .success(library)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(path: String) throws(ServingError) {
        // Official builds tell their maker what machine they run on: already while their environment is made, which is
        // before the interface to turn it off can be called.
        setenv("ORT_DISABLE_TELEMETRY", "1", 1)
        // It divides what clients send by what they send.
        buckler_wrap_quotients()
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? ""
            // The loader names what is missing, which may be a library that this one needs.
            throw Self.unusable("cannot be loaded", cause: reason.contains(path) ? reason : "\(path): \(reason)")
        }
        guard let symbol = dlsym(handle, "OrtGetApiBase") else {
            throw Self.unusable("is not ONNX Runtime: it lacks OrtGetApiBase", cause: path)
        }
        typealias GetApiBase = @convention(c) () -> UnsafePointer<OrtApiBase>
        // SAFETY: this is the type of the one function that the library exports under this name.
        let base = unsafeBitCast(symbol, to: GetApiBase.self)()
        version = String(cString: base.pointee.GetVersionString())
        guard Self.supports(version: version), let api = base.pointee.GetApi(UInt32(ORT_TABLE_VERSION)) else {
            throw Self.unusable(
                "has version \(version); Buckler needs 1.\(Self.oldestMinorVersion) or a later 1.x",
                cause: path
            )
        }
        self.api = api
        environment = try Self.makeEnvironment(api)
        var info: OpaquePointer?
        try api.check(api.pointee.CreateMemoryInfo("Cpu", OrtAllocatorKind.device, 0, OrtMemoryKind.standard, &info))
        memoryInfo = info!
        accountingAllocator = OrtAccountingAllocator(memoryInfo)
        try api.check(api.pointee.RegisterAllocator(environment, accountingAllocator))
    }

    static func supports(version: String) -> Bool {
        let parts = version.split(separator: ".").map { Int($0) }
        guard parts.count >= 2, parts[0] == 1, let minor = parts[1] else { return false }
        return minor >= oldestMinorVersion
    }

    private static func unusable(_ what: String, cause: String) -> ServingError {
        ServingError(.unavailable, "the ONNX Runtime library \(what)", cause: cause)
    }

    private static func makeEnvironment(_ api: UnsafePointer<OrtApi>) throws(ServingError) -> OpaquePointer {
        var environment: OpaquePointer?
        let report: OrtLoggingFunction = { _, _, category, _, place, message in
            // Why a request failed, in words that may have its data in them: that is for whoever sent it, who is told.
            if let place, strstr(place, "_executor.cc") != nil { return }
            let category = category.map { String(cString: $0) } ?? ""
            let message = message.map { String(cString: $0) } ?? ""
            // Called outside the lock: the sink may load or log in turn.
            let sink = ONNXRuntimeLibrary.logSink.withLock { $0 }
            sink?("\(category): \(message)")
        }
        try api.check(
            api.pointee.CreateEnvWithCustomLogger(report, nil, OrtSeverity.error, "buckler", &environment)
        )
        try api.check(api.pointee.DisableTelemetryEvents(environment!))
        return environment!
    }
}

/// Values of the C API's enumerations that are used here.
enum OrtSeverity { static let error: Int32 = 3 }
enum OrtAllocatorKind { static let device: Int32 = 0 }
enum OrtMemoryKind { static let standard: Int32 = 0 }
enum OrtOnnxType { static let tensor: Int32 = 1 }
