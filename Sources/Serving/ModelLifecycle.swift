// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import Logging
internal import ModelRepository
private import Scheduling
private import Synchronization

/// Loads and unloads, one change at a time for each model, on threads that nobody else needs.
///
/// A new set of versions replaces the old one in a single step once all of it is ready; when any of it fails, the old
/// set goes on serving.
actor ModelLifecycle {
    /// Of threads, those that models wait for which load themselves included.
    private static let threadLimit = 256

    private let loader: ModelLoader
    private let registry: ModelRegistry
    private let logger: Logger
    private let threads: LoadThreads
    private let retirement: Retirement
    private var busy: Set<String> = []
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    init(loader: ModelLoader, registry: ModelRegistry, logger: Logger) {
        self.loader = loader
        self.registry = registry
        self.logger = logger
        threads = LoadThreads(
            limit: max(1, loader.settings.loadThreads),
            threads: InstanceThreads(limit: Self.threadLimit)
        )
        retirement = Retirement(registry: registry, logger: logger)
    }

    /// - Parameter isNested: it is wanted by a model that may be loading itself, and so has a thread already.
    func load(_ name: String, parameters: LoadParameters, isNested: Bool = false) async throws(ServingError) {
        try ModelName.validate(name)
        await begin(name)
        defer { end(name) }
        let loader = loader
        let definition: ModelDefinition
        do throws(ServingError) {
            definition = try await blocking(isNested) { () throws(ServingError) in
                try loader.definition(of: name, overrides: parameters)
            }
        } catch {
            let message = "failed to load '\(name)', failed to poll from model repository: \(error.message)"
            logger.error("\(message)", metadata: error.cause.map { ["cause": "\($0)"] })
            // A name that a client made up is not worth remembering.
            if loader.repository.has(name) { registry.change { $0.modelRefused(name, reason: error.message) } }
            // Triton's answer, whatever the repository has wrong. What the request itself brought is the client's mistake.
            let isOfRequest = error.code == .invalidArgument && parameters.replacesAnything
            throw ServingError(isOfRequest ? .invalidArgument : .internalError, message)
        }
        let findings = try await admit(definition, parameters, isNested: isNested)
        registry.change { $0.loadBegan(name, versions: definition.versions) }

        var loaded: [VersionParts] = []
        var failures: [Int64: ServingError] = [:]
        for version in definition.versions {
            logger.info("loading: \(name):\(version)")
            do throws(ServingError) {
                loaded.append(try await load(definition, version: version, isNested: isNested))
            } catch {
                failures[version] = error
            }
        }
        for warning in definition.allWarnings { logger.warning("model '\(name)': \(warning)") }
        if failures.isEmpty {
            replace(name, with: loaded, findings: findings)
        } else {
            try abandon(name, loaded: loaded, failures: failures)
        }
    }

    /// Asks before anything is opened. What is refused leaves what serves under the name alone.
    private func admit(
        _ definition: ModelDefinition,
        _ parameters: LoadParameters,
        isNested: Bool
    ) async throws(ServingError) -> [AdmissionFinding] {
        let (loader, name) = (loader, definition.name)
        do throws(ServingError) {
            let findings = try await blocking(isNested) { () throws(ServingError) in
                try loader.admit(definition, overrides: parameters)
            }
            for finding in findings { logger.log(finding, of: name) }
            return findings
        } catch {
            let message = "failed to load '\(name)', \(error.message)"
            logger.error("\(message)", metadata: error.cause.map { ["cause": "\($0)"] })
            if loader.repository.has(name) {
                registry.change { table in
                    table.modelRefused(name, reason: error.message)
                    table.refusedAdmission(name)
                }
            }
            throw ServingError(.invalidArgument, message, cause: error.cause)
        }
    }

    private func load(
        _ definition: ModelDefinition,
        version: Int64,
        isNested: Bool
    ) async throws(ServingError) -> VersionParts {
        let loader = loader
        return try await blocking(isNested) { () throws(ServingError) in
            var attemptsLeft = loader.settings.loadRetries
            while true {
                do throws(ServingError) {
                    return try loader.load(definition, version: version)
                } catch {
                    if attemptsLeft == 0 { throw error }
                    attemptsLeft -= 1
                }
            }
        }
    }

    private func replace(_ name: String, with loaded: [VersionParts], findings: [AdmissionFinding]) {
        let retirement = retirement
        let sharedMemory = loader.settings.sharedMemory
        let servables = loaded.map { parts in
            ServableVersion(parts: parts, sharedMemory: sharedMemory) { retirement.retire($0) }
        }
        let replaced = registry.change { table in
            table.admitted(name, findings: findings)
            return table.loadSucceeded(name, servables: servables)
        }
        // Letting go of them here, outside the registry's lock, is what sets their retirement off.
        withExtendedLifetime(replaced) {}
        logger.info("successfully loaded '\(name)'")
    }

    private func abandon(
        _ name: String,
        loaded: [VersionParts],
        failures: [Int64: ServingError]
    ) throws(ServingError) {
        for parts in loaded { retirement.discard(parts) }
        var message = "load failed for model '\(name)': "
        for (version, error) in failures.sorted(by: { $0.key < $1.key }) {
            logger.error(
                "failed to load '\(name)' version \(version): \(error.code.displayName): \(error.message)",
                metadata: error.cause.map { ["cause": "\($0)"] }
            )
            message += "version \(version) is at UNAVAILABLE state: \(error.code.displayName): \(error.message);\n"
        }
        // Files may come with the request, under any name.
        let isKnown = loader.repository.has(name)
        registry.change { table in
            table.loadFailed(name, reasons: failures.mapValues { "\($0.code.displayName): \($0.message)" })
            if !isKnown { table.forget(name) }
        }
        throw ServingError(.invalidArgument, message)
    }

    func unload(_ name: String) async throws(ServingError) {
        await begin(name)
        defer { end(name) }
        let retired = registry.change { $0.unloadBegan(name) }
        withExtendedLifetime(retired) {}
    }

    func unloadAll() async {
        for name in registry.read({ Array($0.models.keys) }) {
            let retired = registry.change { $0.unloadBegan(name) }
            withExtendedLifetime(retired) {}
        }
        await retirement.waitUntilIdle()
    }

    private func begin(_ name: String) async {
        if busy.insert(name).inserted { return }
        await withCheckedContinuation { waiting[name, default: []].append($0) }
    }

    /// Hands the model to whoever has waited longest, or frees it.
    private func end(_ name: String) {
        guard var queue = waiting[name], !queue.isEmpty else {
            busy.remove(name)
            waiting[name] = nil
            return
        }
        let next = queue.removeFirst()
        waiting[name] = queue
        next.resume()
    }

    /// Runs `body` on a thread of its own kind: reading a model blocks, and must hold up nothing else.
    private func blocking<Value: Sendable>(
        _ isNested: Bool,
        _ body: @escaping @Sendable () throws(ServingError) -> Value
    ) async throws(ServingError) -> Value {
        let result: Result<Value, ServingError> = await withCheckedContinuation { continuation in
            threads.run(isNested: isNested) {
                do throws(ServingError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

extension Logger {
    /// Notes are for those who look for them.
    fileprivate func log(_ finding: AdmissionFinding, of model: String) {
        let level: Logger.Level = finding.severity == "note" ? .debug : .warning
        log(level: level, "model '\(model)': \(finding.severity) \(finding.rule): \(finding.message)")
    }
}
