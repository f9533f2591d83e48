// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Inference
import Logging
import ServiceLifecycle
import Settings

/// Who may call, as the settings say: the gate of all front ends, and what keeps it up to date.
struct ServerAccess: Sendable {
    let gate: any Gate
    let keys: LiveKeys?
    private let keySet: KeySetSource?
    private let ledger: LedgerWriter?
    private let logger: Logger

    /// Every caller, for as long as there is room: `--profile=triton`.
    init(openFor flight: Flight, logger: Logger) {
        gate = OpenGate(flight)
        keys = nil
        keySet = nil
        ledger = nil
        self.logger = logger
    }

    init(_ settings: ServerSettings, flight: Flight, logger: Logger) throws(ServingError) {
        let access = settings.access
        let home = try BucklerHome()
        try home.check()
        if access.ledger.isKept, access.ledger.directory == nil { try home.prepare() }
        let now = Int64(Date().timeIntervalSince1970)
        var origins: [any KeyOrigin] = [KeyStore(home: home)]
        var fixed: [KeyRecord] = []
        if let file = access.keyFile {
            if let command = try SecretCommand(file, setting: "--api-key-file") {
                fixed = try KeyLines.records(of: command, at: now)
            } else {
                origins.append(KeyTextFile(file, at: now))
            }
        }
        fixed += try KeyLines.environment(at: now)
        let keys = try LiveKeys(origins: origins, fixed: fixed)
        let keySet = try Self.keySet(access.tokens, logger)
        let ledger = try Self.ledger(settings, home: home, logger: logger)
        var parts = AccessGate.Parts(
            authenticator: Authenticator(
                keys: keys,
                tokens: try Self.tokens(access.tokens, keySet: keySet),
                certificates: try CertificateRules(settings.tls.clientRules, flag: "--tls-client-rule"),
                anonymous: try Self.anonymous(access.anonymousScopes)
            ),
            flight: flight,
            ledger: ledger,
            proxies: ForwardedFor(trusted: try Self.blocks(access.trustedProxies)),
            requestLimit: settings.connectionLimits.requestsInFlight,
            contendedAt: access.fairShareThreshold
        )
        if access.metricsAreOpen { parts.openEndpoints = [.metrics] }
        if access.concurrentRequestsPerModel < .max {
            parts.concurrentRequestsPerModel = access.concurrentRequestsPerModel
        }
        parts.defaultRate = try Self.defaultRate(access)
        gate = AccessGate(parts)
        self.keys = keys
        self.keySet = keySet
        self.ledger = ledger
        self.logger = logger
    }

    /// What of the settings can be judged without the files that they name.
    static func check(_ settings: ServerSettings) throws(ServingError) {
        guard settings.access.isRequired else { return }
        if let policy = try policy(settings.access.tokens) { _ = try TokenVerifier(policy: policy) }
        _ = try CertificateRules(settings.tls.clientRules, flag: "--tls-client-rule")
        _ = try anonymous(settings.access.anonymousScopes)
        _ = try blocks(settings.access.trustedProxies)
        _ = try defaultRate(settings.access)
        _ = try LedgerPolicy.Allowed(settings.access.ledger.allowed)
        if let file = settings.access.keyFile { _ = try SecretCommand(file, setting: "--api-key-file") }
    }

    /// Reads keys again when they change, until the server ends.
    var services: [any Service] { keys.map { [KeyWatch(keys: $0, keySet: keySet, logger: logger)] } ?? [] }

    /// `admission`, with what it decides in the audit log too, where one is kept.
    func recording(_ admission: any Admission) -> any Admission {
        guard let ledger else { return admission }
        return LedgeredAdmission(admission: admission) { try? ledger.append($0) }
    }

    /// After the last answer: what was handed over is written and signed.
    func stop() { ledger?.stop() }

    private static func defaultRate(_ access: AccessSettings) throws(ServingError) -> RateRule {
        var rule = RateRule()
        try of("--default-rate", access.defaultRate) { text throws(ServingError) in
            rule.requestsPerSecond = try RateText.requestsPerSecond(text)
            try RateText.check(rule)
        }
        try of("--default-bytes-per-second", access.defaultByteRate) { text throws(ServingError) in
            rule.bytesPerSecond = try RateText.bytesPerSecond(text)
            try RateText.check(rule)
        }
        return rule
    }

    /// Reads a flag's text, if there is one; errors name the flag.
    private static func of(_ flag: String, _ text: String?, _ read: (String) throws(ServingError) -> Void)
        throws(ServingError)
    {
        guard let text else { return }
        do throws(ServingError) { try read(text) } catch {
            throw ServingError(.invalidArgument, "\(flag): \(error.message)")
        }
    }

    private static func anonymous(_ scopes: [String]) throws(ServingError) -> Caller? {
        guard !scopes.isEmpty else { return nil }
        var granted = ScopeSet()
        for name in scopes { granted.insert(ScopeSet([try Scope.grantable(named: name)])) }
        return Caller(principal: .anonymous, credentialID: nil, grant: Grant(scopes: granted, models: [.all]))
    }

    private static func blocks(_ texts: [String]) throws(ServingError) -> [AddressBlock] {
        var blocks: [AddressBlock] = []
        for text in texts { blocks.append(try AddressBlock(text)) }
        return blocks
    }

    private static func tokens(
        _ settings: AccessSettings.Tokens,
        keySet: KeySetSource?
    ) throws(ServingError) -> TokenAuthenticator? {
        guard let policy = try policy(settings), let keySet else { return nil }
        return try TokenAuthenticator(verifier: TokenVerifier(policy: policy), source: keySet)
    }

    private static func policy(_ settings: AccessSettings.Tokens) throws(ServingError) -> TokenPolicy? {
        guard settings.isConfigured else { return nil }
        guard settings.keySet != nil else {
            throw ServingError(.invalidArgument, "tokens need --jwt-key-set: the issuer's public keys")
        }
        var policy = TokenPolicy(issuers: settings.issuers, audiences: settings.audiences)
        if !settings.algorithms.isEmpty {
            policy.algorithms = Set(settings.algorithms.compactMap { TokenAlgorithm(name: $0) })
        }
        policy.clockSkewSeconds = Int64(settings.clockSkewSeconds)
        policy.scopePrefix = settings.scopePrefix
        policy.tenantClaim = settings.tenantClaim
        if settings.allowsAllModels { policy.modelsByDefault = .all }
        return policy
    }

    private static func keySet(
        _ settings: AccessSettings.Tokens,
        _ logger: Logger
    ) throws(ServingError) -> KeySetSource? {
        guard let place = settings.keySet else { return nil }
        var schedule = KeySetSchedule.Settings()
        schedule.refreshSeconds = settings.keySetRefreshSeconds
        schedule.staleSeconds = settings.keySetStaleSeconds
        var origin = KeySetSource.Origin.file(path: place)
        if settings.keySetIsAddress {
            let fetcher = try KeySetFetcher(authorities: settings.keySetAuthorities)
            origin = .address(try KeySetAddress(place), { url in try await fetcher.fetch(url) })
        }
        return KeySetSource(origin, settings: schedule) { report($0, logger) }
    }

    private static func report(_ event: KeySetSource.Event, _ logger: Logger) {
        switch event {
        case .loaded(let document) where document.keys.isEmpty:
            logger.error("the key set of the tokens' issuer has no key to check signatures with: no token is accepted")
        case .loaded(let document):
            logger.notice("the key set of the tokens' issuer was read: \(document.keys.count) keys")
        case .failed(let error, let keepsKeys):
            let consequence =
                keepsKeys ? "the keys read before stay for now" : "no token is accepted until there are keys"
            logger.error("\(error.message); \(consequence)", metadata: error.cause.map { ["cause": "\($0)"] })
        case .recovered: logger.notice("the key set of the tokens' issuer can be read again")
        case .expired:
            logger.error("the keys of the tokens' issuer are too old: no token is accepted until there are others")
        }
    }
}

/// Looks four times a second whether keys were revoked or added.
private struct KeyWatch: Service {
    let keys: LiveKeys
    let keySet: KeySetSource?
    let logger: Logger

    func run() async throws {
        await withTaskGroup(of: Void.self) { tasks in
            if let keySet { tasks.addTask { await keySet.run() } }
            tasks.addTask { await watch() }
            // Both look for cancellation; a graceful shutdown is one here.
            try? await gracefulShutdown()
            tasks.cancelAll()
        }
    }

    private func watch() async {
        while !Task.isCancelled {
            for event in keys.refresh(at: Int64(Date().timeIntervalSince1970)) { report(event) }
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    private func report(_ event: LiveKeys.Event) {
        switch event {
        case .reloaded(let count, let ended):
            logger.notice("API keys were read again: \(count) keys, \(ended) of them ended")
        case .kept(let origin, let error):
            logger.error(
                "\(origin) cannot be read, the keys read before stay: \(error.message)",
                metadata: error.cause.map { ["cause": "\($0)"] }
            )
        case .duplicate(let id): logger.error("the API key \(id) is given twice: only the first counts")
        }
    }
}

extension ServerAccess {
    private static func ledger(
        _ all: ServerSettings,
        home: BucklerHome,
        logger: Logger
    ) throws(ServingError) -> LedgerWriter? {
        let settings = all.access.ledger
        guard settings.isKept else { return nil }
        try home.prepare()
        var ledger = LedgerSettings(directory: settings.directory ?? home.path + "/ledger/\(all.http.port)")
        ledger.allowed = try LedgerPolicy.Allowed(settings.allowed)
        ledger.onFailure = LedgerSettings.FailurePolicy(rawValue: settings.onFailure) ?? .refuse
        ledger.quotaBytes = settings.quotaBytes
        ledger.rotationBytes = settings.rotationBytes
        ledger.reservedBytes = settings.reservedBytes
        ledger.requestsInFlight = all.connectionLimits.requestsInFlight
        ledger.retainSeconds = Int64(settings.retainDays) * 86_400
        ledger.checkpointLines = settings.checkpointLines
        ledger.checkpointSeconds = Double(settings.checkpointSeconds)
        var sinks: [any CheckpointSink] = []
        if let file = settings.checkpointFile { sinks.append(FileCheckpointSink(path: file)) }
        if let command = settings.checkpointCommand {
            guard let sink = CommandCheckpointSink(command.split(separator: " ").map(String.init)) else {
                throw ServingError(.invalidArgument, "--ledger-checkpoint-command names no program")
            }
            sinks.append(sink)
        }
        if settings.checkpointsGoToSyslog { sinks.append(SyslogCheckpointSink()) }
        return try LedgerWriter(
            settings: ledger,
            key: try LedgerKeyFile(home: home).loadOrCreate(),
            sinks: sinks
        ) { event in
            switch event {
            case .working: logger.notice("\(event)")
            case .failing, .checkpointNotSent: logger.error("\(event)")
            }
        }
    }
}

extension LedgerPolicy.Allowed {
    /// - Parameter text: `all`, `sampled:N` or `summary:S`.
    fileprivate init(_ text: String) throws(ServingError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first, parts.count == 2 ? Int(parts[1]) : nil, parts.count) {
        case ("all", nil, 1): self = .all
        case ("sampled", let number?, 2) where number > 0: self = .sampled(oneIn: number)
        case ("summary", let seconds?, 2) where seconds > 0: self = .summary(seconds: seconds)
        default:
            throw ServingError(
                .invalidArgument,
                "--ledger-allow is all, sampled:N or summary:SECONDS; got '\(Printable.text(text))'"
            )
        }
    }
}
