// SPDX-License-Identifier: Apache-2.0

/// Reads what docker, podman and nerdctl are told to run: `run`, `create`, `exec`, `service create`, `build`.
enum DockerRunReader {
    /// `nil` if the command starts nothing.
    static func container(_ command: ShellCommand) -> Container? {
        guard let engine = EngineCommand(command), let verb = engine.verb else { return nil }
        switch verb {
        case .build: return build(engine)
        case .exec: return container(.exec, engine, .exec)
        case .service: return container(.command, engine, .service)
        case .pod: return pod(engine)
        case .volume: return volume(engine)
        case .run:
            var container = container(.command, engine, .run)
            if command.program == "nvidia-docker" { container?.usesGPURuntime = command.words[0].located }
            return container
        }
    }

    /// Options, then the image or the container that is meant, then its command.
    private static func container(
        _ origin: Container.Origin,
        _ engine: EngineCommand,
        _ grammar: EngineOptions
    ) -> Container? {
        var rest = engine.rest
        let options = grammar.take(from: &rest)
        var container: Container
        if let target = rest.popFirst() {
            container = Container(origin, name: target.text, place: target.place)
            if origin == .command { container.image = target.located }
        } else if !options.isEmpty {
            // `xargs` puts the image behind them.
            container = Container(.fragment, name: "run", place: engine.place)
        } else {
            return nil
        }
        for option in options { container.take(option) }
        // Triton's images are given flags alone only by mistake; others take them for their entry point.
        container.command += rest
        return container
    }

    /// Options alone; what is not among them is left to the containers.
    private static func pod(_ engine: EngineCommand) -> Container {
        var rest = engine.rest
        let options = EngineOptions.run.take(from: &rest)
        let name = options.last { $0.name == "name" }?.value.value ?? rest.first?.text ?? "pod"
        var container = Container(.fragment, name: name, place: engine.place)
        for option in options { container.take(option) }
        return container
    }

    /// What options alone say, of a container that something else runs.
    static func container(_ name: String, options words: [ShellWord], at place: Place) -> Container {
        var rest = words[...]
        var container = Container(.fragment, name: name, place: place)
        for option in EngineOptions.run.take(from: &rest) { container.take(option) }
        return container
    }

    /// What the engine mounts for whoever names the volume; `nil` if that is nothing of the host's.
    private static func volume(_ engine: EngineCommand) -> Container? {
        var rest = engine.rest
        let options = EngineOptions.volume.take(from: &rest)
        let name = options.last { $0.name == "name" }?.value.value ?? rest.first?.text ?? "volume"
        var (settings, place): ([String: String], Place) = ([:], engine.place)
        for option in options where option.name == "opt" {
            let pair = option.value.value.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { continue }
            settings[pair[0]] = pair[1]
            if pair[0] == "device" { place = option.value.place }
        }
        let isOfHost = ["none", "bind", nil].contains(settings["type"])
        let written = settings["o"] ?? ""
        let path = Container.boundPath(settings["device"], options: isOfHost ? written + ",bind" : written)
        guard let path else { return nil }
        var container = Container(.fragment, name: name, place: engine.place)
        let isReadOnly = written.split(separator: ",").contains("ro")
        container.mounts = [Mount(kind: .host, source: path, target: "", isReadOnly: isReadOnly, place: place)]
        return container
    }

    /// What runs while an image is built; options may also stand behind the directory.
    private static func build(_ engine: EngineCommand) -> Container {
        var rest = engine.rest
        var options = EngineOptions.build.take(from: &rest)
        var directory: String?
        while let word = rest.popFirst() {
            directory = directory ?? word.text
            options += EngineOptions.build.take(from: &rest)
        }
        let name = options.last { $0.name == "tag" }?.value.value ?? directory ?? "."
        var container = Container(.build, name: name, place: engine.place)
        for option in options { container.take(option) }
        container.dockerfile = options.last { $0.name == "file" }?.value.interpolated
        container.context = directory
        return container
    }
}

extension Container {
    fileprivate mutating func take(_ option: EngineOption) {
        if ["env", "build-arg"].contains(option.name) {
            return environment.append(Container.variable(option.value))
        }
        let value = option.value.interpolated
        let isOn = Located(EngineOption(name: option.name, value: value).isOn, at: value.place)
        switch option.name {
        case "privileged": privileged = isOn
        case "read-only": readOnlyRoot = isOn
        case "user": user = value
        case "env-file": environmentFiles.append(value)
        case "group", "group-add": groups += value.parts
        case "cap-add": addedCapabilities += value.parts.map(Container.capability)
        case "cap-drop": droppedCapabilities += value.parts.map(Container.capability)
        case "security-opt": take(securityOption: value)
        case "sysctl": sysctls.append(value)
        case "volume": take(volume: value)
        case "mount": take(mount: value)
        case "use-api-socket": if isOn.value { takeEngineSocket(at: value.place) }
        case "publish": ports.append(Container.port(value))
        case "publish-all": ports.append(Port(hostPort: "*", containerPort: "*", place: value.place))
        case "allow": for part in value.parts { take(entitlement: part) }
        case "net-host": if isOn.value { take(namespace: "network", Located("host", at: value.place)) }
        case "health-cmd": hasLiveness = true
        case "no-healthcheck": disabledHealthCheck = value.place
        case "entrypoint": command = [ShellWord(value.value, at: value.place)]
        default: if !takeResource(option.name, value) { take(namespace: option.name, value) }
        }
    }

    private mutating func takeResource(_ name: String, _ value: Located<String>) -> Bool {
        switch name {
        case "memory", "limit-memory": memoryLimit = value
        case "cpus", "limit-cpu": (cpuLimit, cpuCount) = (value, value)
        case "cpu-quota", "cpuset-cpus": cpuLimit = value
        case "pids-limit", "limit-pids": pidsLimit = value
        case "gpus": gpus.append(Container.gpus(value))
        case "runtime": usesGPURuntime = value.value == "nvidia" ? value : nil
        case "device": devices.append(value)
        case "device-cgroup-rule": deviceRules.append(value)
        default: return false
        }
        return true
    }
}

extension Located<String> {
    /// Between commas, as podman takes several at once.
    fileprivate var parts: [Located<String>] { value.split(separator: ",").map { Located(String($0), at: place) } }
}
