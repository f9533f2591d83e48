// SPDX-License-Identifier: Apache-2.0

/// Reads `docker run`, `docker create` and the same of podman and nerdctl.
enum DockerRunReader {
    /// `nil` if the command is another.
    static func container(_ command: ShellCommand) -> Container? {
        guard ["docker", "podman", "nerdctl", "nvidia-docker"].contains(command.program) else { return nil }
        var words = command.words.dropFirst()
        if words.first?.text == "container" { words = words.dropFirst() }
        guard let verb = words.first, verb.text == "run" || verb.text == "create" else { return nil }
        var container = Container(.command, name: "", place: verb.place)
        var rest = words.dropFirst()
        while let word = rest.first, word.text.hasPrefix("-") || isOptions(word) {
            rest = rest.dropFirst()
            guard let option = option(word, &rest) else { continue }
            container.take(option)
        }
        guard let image = rest.first else { return nil }
        container.image = image.located
        container.name = image.text
        container.place = image.place
        container.command += rest.dropFirst()
        if command.program == "nvidia-docker" { container.usesGPURuntime = command.words[0].located }
        // Triton's images are given flags alone only by mistake; others take them for their entry point.
        return container
    }

    struct Option {
        var name: String
        var value: Located<String>
    }

    private static let switches: Set<String> = [
        "detach", "disable-content-trust", "init", "interactive", "no-healthcheck", "oom-kill-disable", "privileged",
        "publish-all", "quiet", "read-only", "replace", "rm", "rmi", "sig-proxy", "tls-verify", "tty", "no-hosts",
        "env-host", "passwd", "read-only-tmpfs", "http-proxy",
    ]
    private static let shortNames: [Character: String] = [
        "d": "detach", "i": "interactive", "t": "tty", "P": "publish-all", "q": "quiet", "v": "volume", "p": "publish",
        "e": "env", "u": "user", "m": "memory", "c": "cpu-shares", "h": "hostname", "l": "label", "w": "workdir",
        "a": "attach",
    ]

    /// A variable that by its name stands for options, and not for the image.
    private static func isOptions(_ word: ShellWord) -> Bool {
        guard word.isExpanded, word.text.hasPrefix("$") else { return false }
        return ["OPT", "ARG", "FLAG", "PARAM"].contains { word.text.uppercased().contains($0) }
    }

    private static func option(_ word: ShellWord, _ rest: inout ArraySlice<ShellWord>) -> Option? {
        guard word.text.hasPrefix("--") else { return short(word, &rest) }
        if let equals = word.text.firstIndex(of: "=") {
            let name = String(word.text[..<equals].dropFirst(2))
            return Option(
                name: name,
                value: Located(String(word.text[word.text.index(after: equals)...]), at: word.place)
            )
        }
        let name = String(word.text.dropFirst(2))
        if switches.contains(name) { return Option(name: name, value: Located("true", at: word.place)) }
        return rest.popFirst().map { Option(name: name, value: $0.located) }
    }

    /// `-it`, `-p 8000:8000`, `-v/data:/data`.
    private static func short(_ word: ShellWord, _ rest: inout ArraySlice<ShellWord>) -> Option? {
        var letters = word.text.dropFirst()
        while let letter = letters.popFirst() {
            let name = shortNames[letter] ?? String(letter)
            // The one of the short switches that matters here.
            if name == "publish-all" { return Option(name: name, value: Located("true", at: word.place)) }
            if switches.contains(name) { continue }
            if letters.first == "=" { letters = letters.dropFirst() }
            if !letters.isEmpty { return Option(name: name, value: Located(String(letters), at: word.place)) }
            return rest.popFirst().map { Option(name: name, value: $0.located) }
        }
        return nil
    }
}

extension Container {
    fileprivate mutating func take(_ option: DockerRunReader.Option) {
        let value = option.value
        let isOn = Located(!["false", "0"].contains(value.value.lowercased()), at: value.place)
        switch option.name {
        case "privileged": privileged = isOn
        case "read-only": readOnlyRoot = isOn
        case "user": user = value
        case "group-add": groups.append(value)
        case "memory": memoryLimit = value
        case "cpus", "cpu-quota", "cpuset-cpus": cpuLimit = value
        case "pids-limit": pidsLimit = value
        case "cap-add": addedCapabilities.append(Container.capability(value))
        case "cap-drop": droppedCapabilities.append(Container.capability(value))
        case "security-opt": take(securityOption: value)
        case "gpus": gpus.append(Container.gpus(value))
        case "runtime": usesGPURuntime = value.value == "nvidia" ? value : nil
        case "device": devices.append(value)
        case "sysctl": sysctls.append(value)
        case "volume": take(volume: value)
        case "mount": take(mount: value)
        case "publish": ports.append(Container.port(value))
        case "publish-all": ports.append(Port(hostPort: "*", containerPort: "*", place: value.place))
        case "env": environment.append(Container.variable(value))
        case "health-cmd": hasLiveness = true
        case "no-healthcheck": disabledHealthCheck = value.place
        case "entrypoint": command = [ShellWord(value.value, at: value.place)]
        default: take(namespace: option.name, value)
        }
    }

    private mutating func take(mount value: Located<String>) {
        var fields: [String: String] = [:]
        for field in value.value.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard let name = parts.first else { continue }
            fields[name.lowercased()] = parts.count > 1 ? String(parts[1]) : "true"
        }
        let kind = fields["type"] ?? "volume"
        let isReadOnly = ["readonly", "ro"].contains { fields[$0].map { $0 != "false" && $0 != "0" } ?? false }
        mounts.append(
            Mount(
                kind: kind == "bind" ? .host : kind == "tmpfs" ? .temporary : .volume,
                source: fields["source"] ?? fields["src"] ?? "",
                target: fields["target"] ?? fields["destination"] ?? fields["dst"] ?? "",
                isReadOnly: isReadOnly,
                place: value.place
            )
        )
    }
}
