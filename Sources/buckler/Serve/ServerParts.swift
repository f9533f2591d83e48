// SPDX-License-Identifier: Apache-2.0
import Access
import Engines
import GRPCServer
import Glibc
import HTTPServer
import Inference
import Logging
import ModelRepository
import NIOCore
import Scheduling
import Serving
import Settings
import Telemetry
import Transport

/// What the settings say, as the parts of a server. `buckler check` uses some of them too.
struct ServerParts {
    let settings: ServerSettings
    let logger: Logger
    let secrets: ServerSecrets
    private let sharedMemory: SharedMemoryStore

    init(settings: ServerSettings, logger: Logger, secrets: ServerSecrets = ServerSecrets()) {
        self.secrets = secrets
        self.settings = settings
        self.logger = logger
        var shared = SharedMemorySettings(readByteLimit: settings.requestLimits.bodyBytes)
        shared.isAllowed = settings.sharedMemory.isAllowed
        shared.ownerUserIDs = settings.sharedMemory.owners ?? []
        shared.regionLimit = settings.sharedMemory.regions
        shared.nameByteLimit = settings.sharedMemory.nameBytes
        sharedMemory = SharedMemoryStore(shared)
    }

    /// Before anything listens: no address that the profile does not allow.
    func checkListeners(hasKeys: Bool) throws(ServingError) {
        let lacksKeys = !hasKeys || !settings.access.anonymousScopes.isEmpty
        func check(_ address: String, _ flag: String, isEncrypted: Bool) throws(ServingError) {
            try ListenerPolicy.check(
                address: address,
                flag: flag,
                profile: settings.profile,
                isEncrypted: isEncrypted,
                lacksKeys: lacksKeys
            )
        }
        try check(settings.http.address, "--http-address", isEncrypted: settings.tls.isOn)
        if settings.grpc.isAllowed {
            let ownTLS = settings.grpc.usesTLS || settings.grpc.asksForClientCertificates
            try check(settings.grpc.listener.address, "--grpc-address", isEncrypted: settings.tls.isOn || ownTLS)
        }
        if settings.metrics.isAllowed {
            try check(settings.metricsListener.address, "--metrics-address", isEncrypted: settings.tls.isOn)
        }
    }

    /// Patterns and restrictions, which are refused here if they cannot be what the operator meant.
    func headerPolicies() throws(ServingError) -> HeaderPolicies { try HeaderPolicies(settings) }

    func modelServer(
        gate: any Gate,
        modelLimits: ModelLimits,
        admission: any Admission
    ) throws(ServingError) -> ModelServer {
        var modelSettings = ModelServer.Settings()
        modelSettings.controlMode = settings.repository.controlMode == .explicit ? .explicit : .none
        modelSettings.startupModels = settings.repository.loadModels
        modelSettings.isReadinessStrict = settings.repository.strictReadiness
        modelSettings.loading = loadSettings
        modelSettings.loading.admission = admission
        var calls = ModelCallSettings(gate: gate)
        calls.depth = settings.modelCalls.depth
        calls.seconds = settings.modelCalls.seconds
        calls.controlFor = Set(settings.modelCalls.controlFor)
        calls.modelLimits = modelLimits
        modelSettings.calls = calls
        return ModelServer(
            repository: try ModelRepository(roots: settings.repository.paths),
            engines: engines,
            settings: modelSettings,
            logger: logger
        )
    }

    var loadSettings: LoadSettings {
        var loading = LoadSettings()
        loading.definition.autoComplete = settings.repository.autoCompletesConfig
        loading.configName = settings.repository.configName.isEmpty ? nil : settings.repository.configName
        loading.engineSettings = settings.backendConfig
        loading.arenaLimit = settings.modelArenaBytes == .max ? nil : settings.modelArenaBytes
        loading.outputLimit = settings.maxOutputBytes
        // What a client may wait for an answer. Its own deadline may be shorter, but must not cost others their worker.
        loading.executionSeconds = settings.connectionLimits.deadlineSeconds
        loading.queueLimits = QueueLimits(
            requests: settings.connectionLimits.requestsInFlight,
            bytes: bytesInFlight
        )
        loading.inlineLimitNanoseconds = UInt64(settings.inlineExecutionMicroseconds) * 1000
        loading.holdUntilQueued = settings.schedulerHoldCount
        loading.sharedMemory = sharedMemory
        loading.loadThreads = settings.repository.loadThreadCount
        loading.loadRetries = settings.repository.loadRetryCount
        return loading
    }

    /// One gate for all front ends: what is in flight is counted together.
    func access() throws(ServingError) -> ServerAccess {
        let flight = Flight(bytes: bytesInFlight, requests: settings.connectionLimits.requestsInFlight)
        guard settings.access.isRequired else { return ServerAccess(openFor: flight, logger: logger) }
        return try ServerAccess(settings, flight: flight, logger: logger)
    }

    func traceRecorder(models: ModelServer) throws(SettingsError) -> TraceRecorder {
        try settings.trace.checkFile()
        let policy = TraceRecorder.Policy(allowsChanges: settings.profile == .secure) { name throws(ServingError) in
            guard try models.isModelReady(named: name, version: nil) else {
                throw ServingError(.invalidArgument, "Request for unknown model : \(name)")
            }
        }
        return TraceRecorder(
            try settings.trace.configuration(),
            policy: policy,
            limits: settings.trace.limits,
            logger: logger
        )
    }

    func controls(traces: TraceRecorder, log: ServerLog) -> ServerControls {
        ServerControls(
            sharedMemory: sharedMemory,
            trace: traces,
            log: LogSettings(log: log, allowsChanges: settings.profile == .secure)
        )
    }

    func httpServer(
        models: ModelServer,
        gate: any Gate,
        policies: HeaderPolicies,
        modelLimits: ModelLimits,
        controls: ServerControls,
        eventLoops: any EventLoopGroup
    ) -> HTTPServer {
        var http = HTTPServerSettings(
            serverVersion: BucklerVersion.current,
            profile: settings.profile
        )
        http.address = settings.http.address
        http.port = settings.http.port
        http.metricsAddress = settings.metricsListener.address
        http.metricsPort = settings.metrics.isAllowed ? settings.metricsListener.port : nil
        http.requestLimits = settings.requestLimits
        http.modelLimits = modelLimits
        http.connectionLimits = settings.connectionLimits
        http.recognisesHotRequests = settings.httpFastPath
        http.headerForwarding = policies.httpForwarding
        http.restrictedAPIs = policies.httpRestrictions
        http.hosts = policies.httpHosts
        http.metricsHosts = policies.metricsHosts
        http.cors = policies.cors
        http.tls = tlsFiles(protocols: settings.http2.isAllowed ? ["h2", "http/1.1"] : ["http/1.1"])
        http.http2 = settings.http2.isAllowed ? http2Limits : nil
        http.serverName = settings.id
        let sampler =
            settings.metrics.allowsCPU
            ? HostUseSampler(intervalMilliseconds: settings.metrics.intervalMilliseconds) : nil
        let counterLatencies = settings.metrics.counterLatencies
        return HTTPServer(
            settings: http,
            service: models,
            control: models,
            controls: controls,
            gate: gate,
            metricsPage: { isShown in
                let all = (try? models.statistics(ofModel: nil, version: nil)) ?? []
                return MetricsPage.render(
                    models: all.filter { isShown($0.name, $0.version) },
                    custom: models.customMetrics().filter { isShown($0.model.name, $0.model.version) },
                    // They are of no version: who may see all versions of a model sees them.
                    admissions: models.admissions().filter { isShown($0.model, 0) },
                    host: sampler?.sample(),
                    counterLatencies: counterLatencies
                )
            },
            eventLoopGroup: eventLoops,
            logger: logger
        )
    }

    private var http2Limits: HTTP2Limits {
        var limits = HTTP2Limits(headerListBytes: settings.connectionLimits.headerListBytes)
        limits.concurrentStreams = settings.http2.concurrentStreams
        limits.resetFrames = settings.http2.resetFrames
        limits.controlFrames = settings.http2.controlFrames
        limits.streamErrors = settings.http2.streamErrors
        limits.floodWindowSeconds = settings.http2.floodWindowSeconds
        return limits
    }

    var eventLoopCount: Int {
        settings.httpThreadCount > 0 ? settings.httpThreadCount : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    private var bytesInFlight: Int {
        let memory = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
        return FlightBudget.bytes(
            percent: settings.connectionLimits.bytesInFlightPercentOfMemory,
            ofMemory: memory.overflow ? .max : memory.partialValue
        )
    }
}
