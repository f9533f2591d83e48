// SPDX-License-Identifier: Apache-2.0
private import Inference

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
        let typed = try CommandLineParser.parse(arguments)
        if typed.contains(where: { $0.flag.name == "help" }) { return .help }
        if typed.contains(where: { $0.flag.name == "version" }) { return .version }

        var written: [Assignment] = []
        if let path = typed.last(where: { $0.flag.name == "config" })?.value {
            written = try SettingsFile.parse(readFile(path, SettingsFile.longest), name: path)
        }
        let profile = (written + typed).last { $0.flag.name == "profile" }.flatMap {
            Profile(rawValue: $0.value.lowercased())
        }
        var settings = ServerSettings(profile: profile ?? .secure)
        settings.take(written, overriddenBy: typed)
        settings.take(typed, overriddenBy: [])
        if settings.metricsListener.address.isEmpty { settings.metricsListener.address = settings.http.address }
        settings.notices = notices(for: written + typed, environment: environment)
        settings.notices += settings.trace.notices
        if settings.sharedMemory.isAllowed {
            settings.notices.append(
                "--allow-client-shm lets every caller of the shared memory routes have memory read and written that "
                    + (settings.sharedMemory.ownerUserIDs.isEmpty
                        ? "belongs to the server's user"
                        : "belongs to one of the users \(Printable.text(settings.sharedMemory.ownerUserIDs))")
            )
        }
        try settings.validate()
        return .serve(settings)
    }

    private mutating func take(_ assignments: [Assignment], overriddenBy later: [Assignment]) {
        let replaced = Set(later.map(\.flag.canonicalName))
        // The deprecated spelling of a setting never wins over the one that replaced it.
        let ordered =
            assignments.filter { $0.flag.group == .deprecated } + assignments.filter { $0.flag.group != .deprecated }
        for assignment in ordered {
            guard case .works(let effect) = assignment.flag.disposition else { continue }
            if effect.isReplaced, replaced.contains(assignment.flag.canonicalName) { continue }
            effect.apply(assignment.value, kind: assignment.flag.kind, to: &self)
        }
    }

    private static func notices(for assignments: [Assignment], environment: [String: String]) -> [String] {
        var notices = assignments.compactMap(\.notice)
        for assignment in assignments where assignment.flag.name == "metrics-config" {
            guard let setting = KeyedSetting(assignment.value), setting.key != "counter_latencies" else { continue }
            notices.append(
                "\(assignment.place) \(Printable.text(setting.key)) changes nothing: only counter_latencies does"
            )
        }
        if environment["AIP_MODE"] == "PREDICTION" {
            notices.append("AIP_MODE=PREDICTION changes nothing: there is no Vertex AI endpoint")
        }
        if environment["TRITON_SERVER_ESCAPE_LOG_MESSAGES"] == "0" {
            notices.append("TRITON_SERVER_ESCAPE_LOG_MESSAGES=0 changes nothing: log messages are always escaped")
        }
        return notices
    }
}
