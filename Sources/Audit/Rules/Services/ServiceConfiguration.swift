// SPDX-License-Identifier: Apache-2.0

/// What BentoML's `configuration.yaml` says of services and runners, in its two versions: `api_server` and `runners`,
/// or `services` by name.
struct ServiceConfiguration: Sendable {
    /// What answers requests.
    struct Section: Sendable {
        var name: String
        var node: DataNode
        var place: Place
    }

    let document: DataDocument

    /// Seconds: who asks for more than a quarter of an hour for one request can be held up for as long.
    static let longestTimeout = 900.0
    /// Requests at once that one process may be asked to hold.
    static let mostAtOnce = 1000.0
    /// Bytes of one request.
    static let mostBytes = Double(1 << 30)

    var services: [Section] {
        if let server = document.root.member("api_server") {
            return [Section(name: "api_server", node: server.value, place: server.keyPlace)]
        }
        guard let services = document.root.member("services") else { return [] }
        let shared = services.value.members.filter { Self.settings.contains($0.key) }
        let named = services.value.members.filter { !Self.settings.contains($0.key) }.map { service in
            let own = Set(service.value.members.map(\.key))
            let members = service.value.members + shared.filter { !own.contains($0.key) }
            let node = shared.isEmpty ? service.value : .map(members, service.value.place)
            return Section(name: "services.\(service.key)", node: node, place: service.keyPlace)
        }
        guard named.isEmpty, !shared.isEmpty else { return named }
        return [Section(name: "services", node: services.value, place: services.keyPlace)]
    }

    /// What `services` say for all of them, beside each by its name, and what each of them has.
    static let settings: Set<String> = [
        "http", "logging", "metrics", "monitoring", "resources", "ssl", "threads", "tracing", "traffic", "workers",
    ]

    /// Keys that are for all runners, beside those that are a runner's name.
    private static let shared: Set<String> = [
        "batching", "resources", "traffic", "timeout", "logging", "metrics", "workers_per_resource", "max_batch_size",
        "max_latency_ms",
    ]

    var runners: [Section] {
        (document.root["runners"]?.members ?? []).filter { !Self.shared.contains($0.key) && !$0.value.members.isEmpty }
            .map {
                Section(name: $0.key, node: $0.value, place: $0.keyPlace)
            }
    }

    /// The environment variable that sets what the file does not.
    static let variable = "BENTOML_CONFIG_OPTIONS"

    /// `a.b.c=value`, as often as it stands in that variable; a value may be a list.
    static func options(_ text: String) -> [(key: String, values: [String])] {
        text.prefix(16 << 10).split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { option in
            guard let equals = option.firstIndex(of: "=") else { return nil }
            let values = option[option.index(after: equals)...].split { "[]\"',".contains($0) }
            return (String(option[..<equals]), values.map(String.init))
        }
    }

    /// What holds for all runners.
    var runnerDefaults: DataNode? { document.root["runners"] }
}

extension ServiceConfiguration.Section {
    /// Where either stands; `null` says the same as nothing.
    func isSet(_ paths: [String]...) -> Bool {
        paths.contains { path in
            let value = path.reduce(node as DataNode?) { $0?[$1] }
            return value.map { !$0.isNull } ?? false
        }
    }

    /// The first of the numbers at `paths` that limits nothing: 0 or less, or more than `most`.
    func boundless(_ paths: [String]..., most: Double) -> Located<String>? {
        let values = paths.lazy.compactMap { path in path.reduce(node as DataNode?) { $0?[$1] }?.located }
        return values.first { value in Double(value.value).map { !($0 > 0 && $0 <= most) } ?? false }
    }
}
