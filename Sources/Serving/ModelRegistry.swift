// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// Which models there are and what state each version is in. A value: the shell below locks it.
struct ModelTable {
    struct Version {
        var state: ModelState
        var reason = ""
        /// Set exactly while `state` is `.ready`.
        var servable: ServableVersion?

        /// Whether it answers now: its engine may have lost a process and be about to start the next.
        var isReady: Bool { state == .ready && servable?.parts.engine.isReady != false }
    }

    private(set) var models: [String: [Int64: Version]] = [:]
    /// Models that no version of could be told, with the reason: a bad configuration, a name in two repositories.
    private(set) var refusals: [String: String] = [:]
    /// What admission has said, by model.
    private(set) var admissions: [String: ModelAdmission] = [:]

    mutating func admitted(_ name: String, findings: [AdmissionFinding]) {
        admissions[name, default: ModelAdmission(model: name, findings: [], refusals: 0)].findings = findings
    }

    mutating func refusedAdmission(_ name: String) {
        admissions[name, default: ModelAdmission(model: name, findings: [], refusals: 0)].refusals += 1
    }

    func ready(_ name: String) -> [Int64: ServableVersion] {
        (models[name] ?? [:]).compactMapValues(\.servable)
    }

    func lookUp(_ name: String, version: Int64?) throws(ServingError) -> ServableVersion {
        guard let versions = models[name] else {
            throw ServingError(.notFound, "Request for unknown model: '\(name)' is not found")
        }
        guard let version else {
            var newest: ServableVersion?
            for entry in versions.values {
                if let servable = entry.servable, servable.version > newest?.version ?? -1 { newest = servable }
            }
            if let newest { return newest }
            throw ServingError(.notFound, "Request for unknown model: '\(name)' has no available versions")
        }
        guard let entry = versions[version] else {
            throw ServingError(.notFound, "Request for unknown model: '\(name)' version \(version) is not found")
        }
        if let servable = entry.servable { return servable }
        throw ServingError(
            .unavailable,
            "Request for unknown model: '\(name)' version \(version) is not at ready state"
        )
    }

    /// Strict readiness: every known version is ready; those that were unloaded on purpose do not count.
    var isEveryVersionReady: Bool {
        models.values.allSatisfy { versions in
            !versions.isEmpty
                && versions.values.allSatisfy { $0.isReady || $0.reason == Self.unloadedReason }
        }
    }

    static let unloadedReason = "unloaded"

    mutating func modelRefused(_ name: String, reason: String) {
        if models[name] == nil { models[name] = [:] }
        refusals[name] = reason
    }

    /// A version that already serves goes on serving while its successor loads.
    mutating func loadBegan(_ name: String, versions: [Int64]) {
        refusals[name] = nil
        for version in versions where models[name]?[version]?.servable == nil {
            models[name, default: [:]][version] = Version(state: .loading)
        }
    }

    /// - Returns: what served before and does no more; dropping it lets it drain and go.
    mutating func loadSucceeded(_ name: String, servables: [ServableVersion]) -> [ServableVersion] {
        let old = models[name] ?? [:]
        var next: [Int64: Version] = [:]
        for (version, entry) in old {
            if entry.servable != nil {
                next[version] = Version(state: .unloading)
            } else if entry.state == .unloading {
                next[version] = entry
            } else {
                next[version] = Version(
                    state: .unavailable,
                    reason: entry.reason.isEmpty ? Self.unloadedReason : entry.reason
                )
            }
        }
        for servable in servables { next[servable.version] = Version(state: .ready, servable: servable) }
        models[name] = next
        return old.values.compactMap(\.servable)
    }

    /// The versions that failed; those that serve are left alone.
    mutating func loadFailed(_ name: String, reasons: [Int64: String]) {
        for (version, reason) in reasons where models[name]?[version]?.servable == nil {
            models[name, default: [:]][version] = Version(state: .unavailable, reason: reason)
        }
        // A version whose load never got a verdict because another's failed first is not coming either.
        for (version, entry) in models[name] ?? [:] where entry.state == .loading {
            models[name]?[version] = Version(state: .unavailable, reason: "load of another version failed")
        }
    }

    /// For a name that no repository has: once nothing runs under it, it is not worth remembering.
    mutating func forget(_ name: String) {
        let isInUse = models[name]?.values.contains { $0.servable != nil || $0.state == .unloading } ?? false
        guard !isInUse else { return }
        models[name] = nil
        refusals[name] = nil
        admissions[name] = nil
    }

    mutating func unloadBegan(_ name: String) -> [ServableVersion] {
        let retired = (models[name] ?? [:]).values.compactMap(\.servable)
        for servable in retired { models[name]?[servable.version] = Version(state: .unloading) }
        return retired
    }

    mutating func unloadEnded(_ name: String, version: Int64) {
        guard models[name]?[version]?.state == .unloading else { return }
        models[name]?[version] = Version(state: .unavailable, reason: Self.unloadedReason)
    }
}

/// The table behind a lock that is held only to look up and to swap: nobody waits here for a model to load.
final class ModelRegistry: Sendable {
    private let table = Mutex(ModelTable())

    func read<Result: Sendable, Failure: Error>(
        _ body: (borrowing ModelTable) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try table.withLock { (table) throws(Failure) in try body(table) }
    }

    func change<Result: Sendable>(_ body: (inout ModelTable) -> sending Result) -> Result {
        table.withLock { body(&$0) }
    }
}
