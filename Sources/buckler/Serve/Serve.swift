// SPDX-License-Identifier: Apache-2.0
import Access
import Glibc
import HTTPServer
import Inference
import Logging
import ModelRepository
import NIOCore
import NIOPosix
import ServiceLifecycle
import Serving
import Settings
import Telemetry

/// A running server: starts the listeners and the models, and takes both down again when a signal asks for it.
struct Serve {
    private enum Event: Sendable {
        case modelsStarted([String: ServingError])
        case signalled(Int32)
        case listenersEnded
    }

    private let settings: ServerSettings
    private let log: ServerLog
    private let logger: Logger
    private let models: ModelServer
    private let traces: TraceRecorder
    private let access: ServerAccess
    private let listeners: ServiceGroup
    private let eventLoops: MultiThreadedEventLoopGroup

    init(_ settings: ServerSettings, given: [(name: String, value: String)]) throws {
        CrashSignals.restoreDefaults()
        var settings = settings
        log = try ServerLog(settings.log)
        logger = log.logger(label: "buckler")
        for relaxation in settings.relaxations {
            logger.warning("--profile \(settings.profile.rawValue): \(relaxation)")
        }
        for warning in settings.warnings { logger.warning("\(warning)") }
        for notice in settings.notices { logger.notice("\(notice)") }
        SettingsAudit.log(given, to: logger)
        DescriptorLimit.raise(for: &settings, logger: logger)
        self.settings = settings

        let parts = ServerParts(settings: settings, logger: logger, secrets: try ServerSecrets(settings))
        access = try parts.access()
        ProcessSecrecy.eraseKeys()
        let hasCallers = (access.keys?.keys.count ?? 0) > 0 || !settings.tls.clientRules.isEmpty
        try parts.checkListeners(hasKeys: hasCallers)
        if let keys = access.keys { try FirstKey.makeIfNeeded(settings, keys) }
        if !settings.access.anonymousScopes.isEmpty {
            let scopes = settings.access.anonymousScopes.joined(separator: ", ")
            logger.warning("--anonymous-scope: callers without a credential have \(scopes) on all models")
        }
        let policies = try parts.headerPolicies()
        let modelLimits = try settings.limitsOfModels()
        models = try parts.modelServer(
            gate: access.gate,
            modelLimits: modelLimits,
            admission: access.recording(try ServerAdmission.make(settings, logger: logger))
        )
        traces = try parts.traceRecorder(models: models)
        let controls = parts.controls(traces: traces, log: log)
        eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: parts.eventLoopCount)
        let gate = access.gate
        let http = parts.httpServer(
            models: models,
            gate: gate,
            policies: policies,
            modelLimits: modelLimits,
            controls: controls,
            eventLoops: eventLoops
        )
        let grpc = try parts.grpcServer(
            models: models,
            gate: gate,
            policies: policies,
            modelLimits: modelLimits,
            controls: controls,
            eventLoops: eventLoops
        )
        let services: [any Service] = [http] + (grpc.map { [$0] } ?? []) + access.services
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        listeners = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { .init(service: $0) },
                logger: quiet
            )
        )
    }

    /// - Returns: the exit status: 0 once everything in flight was answered, 1 if models failed at start.
    func run() async throws -> Int32 {
        let signals = TerminationSignals()
        var status: Int32 = 0
        let (models, listeners) = (models, listeners)
        try await withThrowingTaskGroup(of: Event.self) { tasks in
            tasks.addTask {
                try await listeners.run()
                return .listenersEnded
            }
            tasks.addTask { .modelsStarted(try await models.start()) }
            tasks.addTask { .signalled(await signals.next()) }
            while let event = try await tasks.next() {
                switch event {
                case .modelsStarted(let failures):
                    warnOfEmptyRepositories()
                    await report(failures)
                    guard !failures.isEmpty, settings.exitOnError else { continue }
                    logger.error("failed to load all models; --exit-on-error=false would serve those that loaded")
                    status = 1
                    await listeners.triggerGracefulShutdown()
                case .signalled(let signal):
                    logger.info("Signal (\(signal)) received. Waiting for in-flight requests to complete.")
                    await beginExit()
                case .listenersEnded:
                    tasks.cancelAll()
                    await models.stop()
                    traces.stop()
                    access.stop()
                    try await eventLoops.shutdownGracefully()
                    return
                }
            }
        }
        return status
    }

    private func warnOfEmptyRepositories() {
        for path in settings.repository.paths {
            guard let found = try? ModelRepository(roots: [path]).scan(), found.models.isEmpty,
                found.unavailable.isEmpty
            else { continue }
            logger.warning(
                """
                model repository '\(path)' has no models: each is a directory in it with its versions beneath, as in \
                digits/config.pbtxt and digits/1/model.onnx
                """
            )
        }
    }

    private func report(_ failures: [String: ServingError]) async {
        log.table(ModelTable.text(await models.repositoryIndex(readyOnly: false)))
        for (name, error) in failures.sorted(by: { $0.key < $1.key }) {
            logger.error("model '\(name)': \(error.message)", metadata: error.cause.map { ["cause": "\($0)"] })
        }
    }

    /// Not ready at once; serving for as long as load balancers need to notice; then only until the last answer.
    private func beginExit() async {
        models.beginExit()
        try? await Task.sleep(for: .seconds(settings.preStopDelaySeconds))
        let (logger, seconds, access) = (logger, settings.exitTimeoutSeconds, access)
        Task.detached {
            try? await Task.sleep(for: .seconds(seconds))
            logger.error("Exit timeout expired. Exiting immediately.")
            // What was answered, and what is cut off now, is in the audit log all the same.
            access.stop()
            exit(1)
        }
        await listeners.triggerGracefulShutdown()
    }
}

/// Serves until a signal ends it, then ends the process with the status that says how it went.
/// - Parameter given: what of the settings was said, by the flags' names.
func serve(_ settings: ServerSettings, given: [(name: String, value: String)]) async -> Never {
    let status: Int32
    do {
        status = try await Serve(settings, given: given).run()
    } catch {
        Terminal.failure(of: "buckler serve", Serve.inWords(error))
        status = 1
    }
    exit(status)
}

extension Serve {
    /// For the one who started the server, who may see the cause.
    static func inWords(_ error: any Error) -> String {
        switch error {
        case let error as ServingError: error.message + (error.cause.map { " (\($0))" } ?? "")
        default: "\(error)"
        }
    }
}
