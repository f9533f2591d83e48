// SPDX-License-Identifier: Apache-2.0
package import Inference

extension ServerSettings {
    /// What the arguments ask for.
    package enum Request: Sendable {
        case serve(ServerSettings)
        case help
        case version
    }

    /// Reads the arguments and the file that they name, fills in the profile's defaults, and checks what depends on more
    /// than one of them.
    /// - Parameter readFile: given a path and the most bytes that will be taken, the file's text.
    package static func resolve(
        arguments: [String],
        environment: [String: String],
        readFile: (String, Int) throws(SettingsError) -> String = BoundedFile.read
    ) throws(SettingsError) -> Request {
        switch try SettingsInput.read(arguments: arguments, readFile: readFile) {
        case .help: return .help
        case .version: return .version
        case .serve(let input):
            return .serve(try input.validSettings(environment: environment))
        }
    }
}

/// All that the operator said, before it is put together.
package struct SettingsInput: Sendable {
    package enum Request: Sendable {
        case serve(SettingsInput)
        case help
        case version
    }

    /// Of the file, then of the command line.
    private var written: [Assignment] = []
    private var typed: [Assignment]

    /// - Parameter readFile: given a path and the most bytes that will be taken, the file's text.
    package static func read(
        arguments: [String],
        readFile: (String, Int) throws(SettingsError) -> String = BoundedFile.read
    ) throws(SettingsError) -> Request {
        var input = SettingsInput(typed: try CommandLineParser.parse(arguments))
        if input.typed.contains(where: { $0.flag.name == "help" }) { return .help }
        if input.typed.contains(where: { $0.flag.name == "version" }) { return .version }
        if let path = input.typed.last(where: { $0.flag.name == "config" })?.value {
            input.written = try SettingsFile.parse(readFile(path, SettingsFile.longest), name: path)
        }
        return .serve(input)
    }

    private init(typed: [Assignment]) { self.typed = typed }

    package var profile: Profile {
        let named = (written + typed).last { $0.flag.name == "profile" }
        return named.flatMap { Profile(rawValue: $0.value.lowercased()) } ?? .secure
    }

    /// What was said, on the command line and in the file, and counts; the last of a name wins. Values may be secrets.
    package var given: [(name: String, value: String)] { counting.map { ($0.flag.canonicalName, $0.value) } }

    /// What counts, in the order in which it does: later ones win.
    private var counting: [Assignment] {
        let replaced = Set(typed.map(\.flag.canonicalName))
        func ordered(_ assignments: [Assignment]) -> [Assignment] {
            // The deprecated spelling of a setting never wins over the one that replaced it.
            assignments.filter { $0.flag.group == .deprecated } + assignments.filter { $0.flag.group != .deprecated }
        }
        let kept = ordered(written).filter { assignment in
            guard case .works(let effect) = assignment.flag.disposition, effect.isReplaced else { return true }
            return !replaced.contains(assignment.flag.canonicalName)
        }
        return kept + ordered(typed)
    }

    package func validSettings(environment: [String: String]) throws(SettingsError) -> ServerSettings {
        try checkAgainstProfile()
        let settings = settings(environment: environment)
        try settings.validate()
        return settings
    }

    /// Whoever says who may call, and how much, believes that it is kept to.
    private func checkAgainstProfile() throws(SettingsError) {
        guard profile == .triton else { return }
        let open = ServerSettings(profile: .triton)
        for assignment in counting where assignment.flag.group == .access {
            guard case .works(let effect) = assignment.flag.disposition else { continue }
            var settings = open
            effect.apply(assignment.value, kind: assignment.flag.kind, to: &settings)
            guard settings.access == open.access else {
                throw SettingsError(
                    "--\(assignment.flag.name) means nothing with --profile=triton, which lets everyone in and keeps no "
                        + "audit log"
                )
            }
        }
    }

    /// Not yet validated: see ``validSettings(environment:)``.
    package func settings(environment: [String: String]) -> ServerSettings {
        var settings = ServerSettings(profile: profile)
        for assignment in counting {
            guard case .works(let effect) = assignment.flag.disposition else { continue }
            effect.apply(assignment.value, kind: assignment.flag.kind, to: &settings)
        }
        Self.follow(&settings)
        settings.relaxations = settings.relaxations(given: Set(counting.map(\.flag.canonicalName)))
        settings.warnings = warnings
        settings.notices = notices(environment: environment)
        settings.schedulerHoldCount = Self.holdCount(environment)
        settings.notices += settings.trace.notices
        if settings.sharedMemory.isAllowed {
            settings.notices.append(
                "--allow-client-shm lets every caller of the shared memory routes have memory read and written that "
                    + (settings.sharedMemory.ownerUserIDs.isEmpty
                        ? "belongs to the server's user"
                        : "belongs to one of the users \(Printable.text(settings.sharedMemory.ownerUserIDs))")
            )
        }
        return settings
    }

    /// Every setting of ``settings(environment:)``, and where it comes from.
    package var effective: [EffectiveSetting] {
        var walk = SettingsWalk(profile: profile)
        for assignment in counting { walk.take(assignment) }
        walk.take(Self.follow, becauseOf: "http-address")
        return walk.effective
    }

    /// The one setting whose default is another setting.
    private static func follow(_ settings: inout ServerSettings) {
        if settings.metricsListener.address.isEmpty { settings.metricsListener.address = settings.http.address }
    }

    /// Of flags that have others in their place, each once.
    private var warnings: [String] {
        let assignments = written + typed
        var warnings: [String] = []
        for line in assignments.compactMap(\.deprecation) where !warnings.contains(line) { warnings.append(line) }
        let isLax = assignments.last { $0.flag.name == "strict-model-config" }.map { ValueKind.bool($0.value) == false }
        let isDisabled = assignments.last { $0.flag.name == "disable-auto-complete-config" }
            .map { ValueKind.bool($0.value) == true }
        if isLax == true, isDisabled == true {
            warnings.append(
                "Warning: Overriding deprecated '--strict-model-config' from False to True in favor of "
                    + "'--disable-auto-complete-config'!"
            )
        }
        return warnings
    }

    private static func holdCount(_ environment: [String: String]) -> Int {
        max(0, environment["TRITONSERVER_DELAY_SCHEDULER"].flatMap { Int($0) } ?? 0)
    }

    private func notices(environment: [String: String]) -> [String] {
        let assignments = written + typed
        var notices = assignments.compactMap(\.notice)
        if environment["AIP_MODE"] == "PREDICTION" {
            notices.append("AIP_MODE=PREDICTION changes nothing: there is no Vertex AI endpoint")
        }
        let held = Self.holdCount(environment)
        if held > 0 {
            notices.append(
                "TRITONSERVER_DELAY_SCHEDULER=\(held): dynamic batchers begin once they have \(held) requests"
            )
        }
        if environment["TRITON_SERVER_ESCAPE_LOG_MESSAGES"] == "0" {
            notices.append("TRITON_SERVER_ESCAPE_LOG_MESSAGES=0 changes nothing: log messages are always escaped")
        }
        return notices
    }
}
