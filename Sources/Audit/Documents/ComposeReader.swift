// SPDX-License-Identifier: Apache-2.0

/// Reads the services of a compose file, as they are where the surroundings set no variable but those
/// of a `.env` beside it.
enum ComposeReader {
    struct Reading {
        var containers: [Container] = []
        /// Dockerfiles that stand in it.
        var dockerfiles: [DataNode.Scalar] = []
        /// Contents of files.
        var workloads: [Workload] = []
        var scripts = WrittenScripts()
    }

    /// `nil` if the document is none: its `services` are maps, and nothing says that it is Kubernetes'.
    static func read(_ document: DataDocument) -> Reading? {
        guard isCompose(document.root), !document.hasOnlyBentoServices else { return nil }
        let root = document.root.interpolated(document.variables)
        let networks = root["networks"]
        let hasInternal = networks?.members.contains { $0.value["internal"]?.composeBool?.value == true } ?? false
        var reading = Reading(workloads: contents(root))
        reading.scripts.take(compose: root)
        for service in root["services"]?.members ?? [] where !service.value.members.isEmpty {
            var container = container(service, document.lines)
            container.mounts = container.mounts.map { bound($0, root["volumes"]) }
            container.takeNetworks(service.value, described: networks)
            container.hasInternalNetworksBeside = hasInternal
            reading.containers.append(container)
            reading.containers += privilegedHooks(service)
            guard let build = ComposeBuild(service, document.lines) else { continue }
            reading.containers.append(build.container)
            if let dockerfile = build.dockerfile { reading.dockerfiles.append(dockerfile) }
        }
        return reading
    }

    private static func isCompose(_ root: DataNode) -> Bool {
        guard let services = root["services"], root["apiVersion"] == nil, !services.members.isEmpty else {
            return false
        }
        return services.members.allSatisfy { !$0.value.members.isEmpty }
            || services.members.contains { $0.value["image"] != nil || $0.value["build"] != nil }
    }

    private static func container(_ service: DataNode.Member, _ lines: SourceLines) -> Container {
        let node = service.value
        var container = Container(.compose, name: service.key, place: service.keyPlace)
        container.lines = lines
        container.image = node["image"]?.located
        container.isBuilt = node["build"] != nil
        container.provider = node[path: "provider", "type"]?.located
        container.takeRights(node)
        container.takeResources(node)
        for item in node["volumes"]?.items ?? [] { container.take(composeVolume: item) }
        if let socket = node["use_api_socket"], socket.composeBool?.value == true {
            container.takeEngineSocket(at: socket.place)
        }
        for item in node["tmpfs"].map(listed) ?? [] {
            container.mounts.append(
                Mount(kind: .temporary, source: "", target: item.value, isReadOnly: false, place: item.place)
            )
        }
        for item in node["ports"]?.items ?? [] { container.take(composePort: item) }
        container.environment = variables(node["environment"])
        container.environmentFiles = node["env_file"].map(files) ?? []
        container.labels = variables(node["labels"]) + variables(node[path: "deploy", "labels"])
        container.takeHealthCheck(node["healthcheck"])
        for hook in (node["post_start"]?.items ?? []) + (node["pre_stop"]?.items ?? []) {
            container.hooks.append(words(hook["command"]))
        }
        for watch in node[path: "develop", "watch"]?.items ?? [] {
            container.hooks.append(words(watch[path: "exec", "command"]))
        }
        container.command = words(node["entrypoint"]) + words(node["command"])
        return container
    }

    /// A list of values, or one value.
    fileprivate static func listed(_ node: DataNode) -> [Located<String>] {
        node.located.map { [$0] } ?? node.items.compactMap(\.located)
    }

    /// Paths, or maps with one.
    private static func files(_ node: DataNode) -> [Located<String>] {
        node.located.map { [$0] } ?? node.items.compactMap { $0.located ?? $0["path"]?.located }
    }

    /// `NAME=value` items, or a map.
    static func variables(_ node: DataNode?) -> [EnvironmentVariable] {
        guard let node else { return [] }
        if !node.members.isEmpty {
            return node.members.map { member in
                let value = member.value.isNull ? nil : member.value.located
                let isDefault = member.value.scalar?.isDefault ?? false
                return EnvironmentVariable(
                    name: Located(member.key, at: member.keyPlace),
                    value: value,
                    isDefault: isDefault
                )
            }
        }
        return node.items.compactMap(\.scalar).map { scalar in
            var variable = Container.variable(Located(scalar.text, at: scalar.place))
            variable.isDefault = scalar.isDefault
            return variable
        }
    }

    /// A command as a list of words, or as a line that is split into words without a shell.
    static func words(_ node: DataNode?) -> [ShellWord] {
        guard let node else { return [] }
        if let scalar = node.scalar { return node.isNull ? [] : ShellReader.words(SourceText(scalar)) }
        return node.items.compactMap(\.scalar).map(ShellWord.init)
    }
}

extension ShellWord {
    /// A word that no shell reads.
    init(_ scalar: DataNode.Scalar) { self.init(scalar.text, at: scalar.place) }

    /// A line that a shell is given.
    static func shell(_ line: DataNode.Scalar) -> [ShellWord] {
        [ShellWord("sh", at: line.place), ShellWord("-c", at: line.place), ShellWord(line)]
    }
}

extension Container {
    fileprivate mutating func takeRights(_ node: DataNode) {
        privileged = node["privileged"]?.composeBool
        user = node["user"]?.located
        groups = node["group_add"]?.items.compactMap(\.located) ?? []
        readOnlyRoot = node["read_only"]?.composeBool
        for option in node["security_opt"]?.items ?? [] {
            if let option = option.located { take(securityOption: option) }
        }
        addedCapabilities = node["cap_add"].map(ComposeReader.listed)?.map(Container.capability) ?? []
        droppedCapabilities = node["cap_drop"].map(ComposeReader.listed)?.map(Container.capability) ?? []
        for name in ["network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup"] {
            if let value = node[name]?.located { take(namespace: name, value) }
        }
        devices = node["devices"]?.items.compactMap { $0.located ?? $0["source"]?.located } ?? []
        deviceRules = node["device_cgroup_rules"]?.items.compactMap(\.located) ?? []
        let settings = node["sysctls"]
        sysctls =
            settings?.members.map { Located("\($0.key)=\($0.value.text ?? "")", at: $0.keyPlace) }
            ?? []
        sysctls += settings?.items.compactMap(\.located) ?? []
    }

    fileprivate mutating func takeResources(_ node: DataNode) {
        let limits = node[path: "deploy", "resources", "limits"]
        memoryLimit = (limits?["memory"] ?? node["mem_limit"])?.located
        cpuLimit = (limits?["cpus"] ?? node["cpus"] ?? node["cpu_quota"] ?? node["cpuset"])?.located
        cpuCount = (limits?["cpus"] ?? node["cpus"])?.located
        pidsLimit = (limits?["pids"] ?? node["pids_limit"])?.located
        let reserved = node[path: "deploy", "resources", "reservations", "devices"]?.items ?? []
        gpus = reserved.compactMap(Container.gpus)
        if let value = node["gpus"] {
            gpus += value.located.map { [Container.gpus($0)] } ?? value.items.compactMap(Container.gpus)
        }
        usesGPURuntime = node["runtime"]?.located.flatMap { $0.value == "nvidia" ? $0 : nil }
    }

    /// A reservation of devices: all of them, unless it says which or how many.
    private static func gpus(_ node: DataNode) -> GPURequest? {
        let capabilities = node["capabilities"]?.items.compactMap(\.text) ?? []
        let isGPU =
            ["nvidia", "cdi", "amd"].contains(node["driver"]?.text)
            || !Set(capabilities).isDisjoint(with: ["gpu", "nvidia"])
        guard isGPU else { return nil }
        if let names = node["device_ids"]?.items, !names.isEmpty {
            return GPURequest(devices: .named(names.compactMap(\.text)), place: node.place)
        }
        let count = node["count"]
        let devices = count?.text.map { $0 == "all" || $0 == "-1" ? GPURequest.Devices.all : .count($0) }
        return GPURequest(devices: devices ?? .all, place: count?.place ?? node.place)
    }

    fileprivate mutating func take(composeVolume node: DataNode) {
        if let text = node.located { return take(volume: text) }
        guard let target = node["target"]?.text else { return }
        mounts.append(
            Mount(
                kind: Container.mountKind(node["type"]?.text),
                source: node["source"]?.text ?? "",
                target: target,
                isReadOnly: node["read_only"]?.composeBool?.value ?? false,
                place: node["source"]?.place ?? node.place
            )
        )
    }

    fileprivate mutating func take(composePort node: DataNode) {
        if let text = node.located { return ports.append(Container.port(text)) }
        guard let target = node["target"]?.text else { return }
        ports.append(
            Port(
                hostAddress: node["host_ip"]?.text.flatMap { Addresses.isEvery($0) ? nil : $0 },
                hostPort: node["published"]?.text ?? "*",
                containerPort: target,
                place: node.place
            )
        )
    }

    fileprivate mutating func takeHealthCheck(_ node: DataNode?) {
        guard let node else { return }
        let isNone = node["test"]?.items.first?.text == "NONE"
        if node["disable"]?.composeBool?.value == true || isNone {
            disabledHealthCheck = node.place
        } else {
            hasLiveness = node["test"] != nil
            takeTest(node["test"])
            // The engine's defaults.
            let interval = node["interval"]?.text.map(Durations.seconds) ?? 30
            let retries = node["retries"]?.text.map { Int($0) ?? .max } ?? 3
            let place = (node["retries"] ?? node["interval"] ?? node).place
            if hasLiveness { unhealthyAfter.append(Located(Durations.product(interval, retries), at: place)) }
        }
    }

    private mutating func takeTest(_ test: DataNode?) {
        guard let test else { return }
        if let line = test.scalar { return hooks.append(ShellWord.shell(line)) }
        guard let kind = test.items.first?.text else { return }
        let rest = test.items.dropFirst()
        hooks.append(
            kind == "CMD-SHELL"
                ? rest.first?.scalar.map(ShellWord.shell) ?? [] : rest.compactMap(\.scalar).map(ShellWord.init)
        )
    }

    /// Services that name no network are on one of the engine's, which leads everywhere.
    fileprivate mutating func takeNetworks(_ node: DataNode, described: DataNode?) {
        guard node["network_mode"] == nil else { return }
        let named = node["networks"]
        var names = named?.items.compactMap(\.located) ?? []
        names += named?.members.map { Located($0.key, at: $0.keyPlace) } ?? []
        if names.isEmpty { names = [Located("default", at: place)] }
        networks = names.map { name in
            let description = described?[name.value]
            // The engine's own network of that name is the host's.
            if description?["name"]?.text == "host", description?["external"] != nil {
                hostNamespaces.append(HostNamespace(kind: .network, place: name.place))
            }
            return Network(
                name: name.value,
                isInternal: description?["internal"]?.composeBool?.value == true,
                isExternal: description?["external"].map { $0.bool != false } ?? false,
                place: name.place
            )
        }
    }
}

extension DataNode {
    /// A truth value with its place.
    var locatedBool: Located<Bool>? { bool.map { Located($0, at: place) } }
}
