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

    /// `type=bind,source=/a,target=/b,readonly`, in any order; a field may stand in quotes.
    mutating func take(mount value: Located<String>) {
        var fields: [String: String] = [:]
        for field in Container.fields(value.value) {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            // Options of a volume's driver have a name of their own: `volume-opt=device=/`.
            if parts[0].lowercased() == "volume-opt", parts.count > 1 {
                let option = parts[1].split(separator: "=", maxSplits: 1)
                fields["volume-opt " + (option.first ?? "")] = option.count > 1 ? String(option[1]) : ""
            } else {
                fields[parts[0].lowercased()] = parts.count > 1 ? parts[1] : "true"
            }
        }
        let isReadOnly = ["readonly", "ro"].contains { fields[$0].map { $0 != "false" && $0 != "0" } ?? false }
        let device = Container.boundPath(fields["volume-opt device"], options: fields["volume-opt o"])
        mounts.append(
            Mount(
                kind: device == nil ? Container.mountKind(fields["type"]) : .host,
                source: device ?? fields["source"] ?? fields["src"] ?? "",
                target: fields["target"] ?? fields["destination"] ?? fields["dst"] ?? "",
                isReadOnly: isReadOnly,
                place: value.place
            )
        )
    }

    /// By the word for it; a volume if there is none.
    static func mountKind(_ type: String?) -> Mount.Kind {
        switch type?.lowercased() {
        case "bind", "glob": .host
        case "tmpfs", "ramfs": .temporary
        default: .volume
        }
    }

    /// The path, or the disk, of the host that a volume's driver is told to mount: such a volume is the path by another name.
    static func boundPath(_ device: String?, options: String?) -> String? {
        guard let device, device.hasPrefix("/") || device.hasPrefix(".") || device.hasPrefix("~") else { return nil }
        let isBound = options?.split(separator: ",").contains { $0 == "bind" || $0 == "rbind" } ?? false
        return isBound || device.hasPrefix("/dev/") ? device : nil
    }

    /// Between commas, those in quotes left alone; without blanks around them.
    private static func fields(_ text: String) -> [String] {
        var fields = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        return fields.map(\.trimmingBlanks)
    }

    /// What asks for all of the engine's rights by a name of its own.
    mutating func takeEngineSocket(at place: Place) {
        let path = "/var/run/docker.sock"
        mounts.append(Mount(kind: .host, source: path, target: path, isReadOnly: false, place: place))
    }

    /// Where a build takes files from: an address, an image, or a directory. Of those that are told from where the file
    /// lies, nothing is known.
    mutating func take(context: Located<String>) {
        let text = context.value
        if text.contains("://") || text.hasPrefix("git@") || text.hasPrefix("github.com/") {
            sources.append(context)
        } else if text.hasPrefix("/") || text.hasPrefix("~") {
            mounts.append(Mount(kind: .host, source: text, target: "", isReadOnly: true, place: context.place))
        }
    }

    /// Rights that a build asks for: `security.insecure`, `network.host`, `device`.
    mutating func take(entitlement: Located<String>) {
        switch entitlement.value {
        case "security.insecure": privileged = Located(true, at: entitlement.place)
        case "network.host": hostNamespaces.append(HostNamespace(kind: .network, place: entitlement.place))
        default: break
        }
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

    /// `network=host`, and compose's `network_mode`; `pid=container:NAME`.
    mutating func take(namespace option: String, _ value: Located<String>) {
        // `--network name=host,alias=a`
        let isHost = value.value.split(separator: ",").contains { $0 == "host" || $0 == "name=host" }
        if option == "pid", !isHost { processesOf = value }
        if value.value.hasPrefix("container:"), ["network", "net", "network_mode"].contains(option) {
            networkOf = Located(String(value.value.dropFirst("container:".count)), at: value.place)
        }
        guard isHost else { return }
        let kind: HostNamespace.Kind
        switch option {
        case "network", "net", "network_mode": kind = .network
        case "pid": kind = .pid
        case "ipc": kind = .ipc
        case "uts": kind = .uts
        case "userns", "userns_mode": kind = .user
        case "cgroup", "cgroupns": kind = .cgroup
        default: return
        }
        hostNamespaces.append(HostNamespace(kind: kind, place: value.place))
    }
}
