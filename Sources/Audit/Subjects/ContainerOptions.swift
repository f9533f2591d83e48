// SPDX-License-Identifier: Apache-2.0

/// Notations that compose files and `docker run` share.
extension Container {
    static func capability(_ value: Located<String>) -> Located<String> {
        let name = value.value.uppercased()
        return Located(name.hasPrefix("CAP_") ? String(name.dropFirst(4)) : name, at: value.place)
    }

    /// `no-new-privileges`, `seccomp=unconfined`, `apparmor:name`.
    mutating func take(securityOption option: Located<String>) {
        let parts = option.value.split(maxSplits: 1) { $0 == "=" || $0 == ":" }.map(String.init)
        let value = Located(parts.count > 1 ? parts[1] : "", at: option.place)
        switch parts.first {
        case "no-new-privileges": noNewPrivileges = Located(value.value.lowercased() != "false", at: option.place)
        case "seccomp": seccomp = value
        case "apparmor": appArmor = value
        case "label" where value.value == "disable", "systempaths", "unmask": confinements.append(option)
        default: break
        }
    }

    /// `all`, `2`, `device=0,1`, `"device=0"`.
    static func gpus(_ value: Located<String>) -> GPURequest {
        let text = value.value.filter { $0 != "\"" && $0 != "'" }
        if let range = text.firstRange(of: "device=") {
            let names = text[range.upperBound...].split(separator: ",").map(String.init)
            return GPURequest(devices: names == ["all"] ? .all : .named(names), place: value.place)
        }
        let count = text.hasPrefix("count=") ? String(text.dropFirst(6)) : text
        return GPURequest(devices: count == "all" || count == "-1" ? .all : .count(count), place: value.place)
    }

    /// `source:target[:options]`; what is no path is the name of a volume.
    mutating func take(volume value: Located<String>) {
        let parts = Container.split(value.value)
        guard let target = parts.count > 1 ? parts[1] : parts.first else { return }
        let source = parts.count > 1 ? parts[0] : ""
        let isPath = source.hasPrefix("/") || source.hasPrefix(".") || source.hasPrefix("~") || source.hasPrefix("$")
        let options = parts.count > 2 ? parts[2].split(separator: ",") : []
        mounts.append(
            Mount(
                kind: isPath ? .host : .volume,
                source: source,
                target: target,
                isReadOnly: options.contains("ro"),
                place: value.place
            )
        )
    }

    /// Parts between colons, those within `${NAME:-default}` left alone.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var level = 0
        for character in text {
            if character == "{" { level += 1 }
            if character == "}" { level -= 1 }
            if character == ":", level <= 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    /// `8000`, `80:8000`, `127.0.0.1:80:8000/tcp`, `[::1]:80:8000`.
    static func port(_ value: Located<String>) -> Port {
        let text = value.value.split(separator: "/").first.map(String.init) ?? value.value
        var address: String?
        var rest = text
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            address = String(text[...end])
            rest = String(text[text.index(after: end)...].drop { $0 == ":" })
        }
        var parts = split(rest)
        if parts.count > 2 { address = parts.removeFirst() }
        return Port(
            hostAddress: address.flatMap { $0.isEmpty || Addresses.isEvery($0) ? nil : $0 },
            // An engine chooses the port if only the container's is said.
            hostPort: parts.count > 1 || address != nil ? parts[0] : "*",
            containerPort: parts[parts.count - 1],
            place: value.place
        )
    }

    /// `NAME=value`; a name alone takes its value from the surroundings.
    static func variable(_ value: Located<String>) -> EnvironmentVariable {
        guard let equals = value.value.firstIndex(of: "=") else { return EnvironmentVariable(name: value, value: nil) }
        let content = String(value.value[value.value.index(after: equals)...])
        return EnvironmentVariable(
            name: Located(String(value.value[..<equals]), at: value.place),
            value: Located(content, at: value.place)
        )
    }

    /// `network=host`, and compose's `network_mode`.
    mutating func take(namespace option: String, _ value: Located<String>) {
        guard value.value == "host" else { return }
        let kind: HostNamespace.Kind
        switch option {
        case "network", "net", "network_mode": kind = .network
        case "pid": kind = .pid
        case "ipc": kind = .ipc
        case "uts": kind = .uts
        case "userns", "userns_mode": kind = .user
        default: return
        }
        hostNamespaces.append(HostNamespace(kind: kind, place: value.place))
    }
}
