// SPDX-License-Identifier: Apache-2.0

/// Reads the specification of a pod: its containers, each with what the pod says for all of them.
struct PodReader {
    let spec: DataNode
    /// Of the pod, if it is near.
    let metadata: DataNode?
    let origin: Container.Origin
    let lines: SourceLines
    let parts: [PodPart]
    private let volumes: [String: DataNode]

    /// - Parameter key: under which the specification stands.
    init(
        spec: DataNode,
        key: String,
        metadata: DataNode?,
        origin: Container.Origin = .kubernetes,
        isTransient: Bool,
        lines: SourceLines
    ) {
        self.spec = spec
        self.metadata = metadata
        self.origin = origin
        self.lines = lines
        parts = PodPart.all(in: spec, key: key, isTransient: isTransient)
        let named = (spec["volumes"]?.items ?? []).compactMap { volume in volume["name"]?.text.map { ($0, volume) } }
        volumes = Dictionary(named) { first, _ in first }
    }

    /// Whether it takes something of the host, or its memory, also where its containers are said elsewhere.
    var takesOfHost: Bool {
        let pod = surroundings()
        return !pod.hostNamespaces.isEmpty || !pod.hostPaths.isEmpty || !pod.memoryVolumes.isEmpty
    }

    func containers() -> [Container] {
        parts.map { part in
            var container = container(part.node, name: part.name, isTransient: part.isTransient)
            // KServe's own container answers probes that KServe sets.
            if part.isServed { (container.hasLiveness, container.hasReadiness) = (true, true) }
            // Its runtime for Triton hands options on; a program of the container's own stands before them.
            if part.isTriton, let first = container.command.first, first.text.hasPrefix("-") {
                container.command.insert(ShellWord("tritonserver", at: first.place), at: 0)
            }
            return container
        }
    }

    func surroundings() -> Workload.Pod {
        var pod = Workload.Pod(place: spec.place)
        pod.isPatch = origin == .fragment
        let shared: [(String, HostNamespace.Kind)] = [("hostNetwork", .network), ("hostPID", .pid), ("hostIPC", .ipc)]
        for (key, kind) in shared {
            guard let value = spec[key], value.bool == true else { continue }
            pod.hostNamespaces.append(HostNamespace(kind: kind, place: value.place))
        }
        pod.sharesProcesses = spec["shareProcessNamespace"]?.locatedBool
        let limits = parts.map { $0.node[path: "resources", "limits", "memory"] }
        pod.hasMemoryLimits = limits.allSatisfy { $0?.isNull == false }
        pod.serviceAccount = (spec["serviceAccountName"] ?? spec["serviceAccount"])?.located
        pod.mountsToken = spec["automountServiceAccountToken"]?.locatedBool
        for volume in spec["volumes"]?.items ?? [] {
            if let path = volume[path: "hostPath", "path"]?.located { pod.hostPaths.append(path) }
            if let memory = volume["emptyDir"], memory["medium"]?.text == "Memory", memory["sizeLimit"]?.isNull != false
            {
                pod.memoryVolumes.append(Located(volume["name"]?.text ?? "", at: volume.place))
            }
            guard case (.other(let kind), _) = PodReader.kind(volume) else { continue }
            pod.otherVolumes.append((kind, volume.place))
        }
        return pod
    }

    private func container(_ node: DataNode, name: String, isTransient: Bool) -> Container {
        var container = Container(origin, name: name, place: (node["name"] ?? node).place)
        container.lines = lines
        container.isTransient = isTransient
        container.image = node["image"]?.located
        PodReader.takeSecurity(spec["securityContext"], into: &container)
        takeAnnotations(into: &container)
        PodReader.takeSecurity(node["securityContext"], into: &container)
        takeResources(node, into: &container)
        container.mounts = (node["volumeMounts"]?.items ?? []).compactMap(mount)
        container.ports = (node["ports"]?.items ?? []).compactMap(port)
        container.environment = (node["env"]?.items ?? []).compactMap(variable)
        container.wholeSecrets = (node["envFrom"]?.items ?? []).compactMap { $0[path: "secretRef", "name"]?.located }
        container.hasLiveness = node["livenessProbe"] != nil
        container.hasReadiness = node["readinessProbe"] != nil
        takeHooks(node, into: &container)
        var values = PodVariables(container.environment)
        let words = ComposeReader.words(node["command"]) + ComposeReader.words(node["args"])
        container.command = words.map { values.expand($0) }
        if let script = (node["source"] ?? node["script"])?.scalar { container.takeScript(script) }
        return container
    }

    /// Commands of hooks and probes, and how long probes take to notice.
    private func takeHooks(_ node: DataNode, into container: inout Container) {
        let hooks = [node[path: "lifecycle", "postStart"], node[path: "lifecycle", "preStop"]]
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"].map { node[$0] }
        for hook in hooks + probes {
            let words = ComposeReader.words(hook?[path: "exec", "command"])
            if !words.isEmpty { container.hooks.append(words) }
        }
        for probe in probes.prefix(2).compactMap({ $0 }) {
            // Kubernetes' defaults.
            let (period, failures) = (probe["periodSeconds"]?.int ?? 10, probe["failureThreshold"]?.int ?? 3)
            let place = (probe["periodSeconds"] ?? probe["failureThreshold"] ?? probe).place
            container.unhealthyAfter.append(Located(Durations.product(period, failures), at: place))
        }
    }

    static func takeSecurity(_ context: DataNode?, into container: inout Container) {
        guard let context else { return }
        container.privileged = context["privileged"]?.locatedBool ?? container.privileged
        container.user = context["runAsUser"]?.located ?? container.user
        container.runAsNonRoot = context["runAsNonRoot"]?.locatedBool ?? container.runAsNonRoot
        container.mainGroup = context["runAsGroup"]?.located ?? container.mainGroup
        container.groups += [context["runAsGroup"], context["fsGroup"]].compactMap { $0?.located }
        container.groups += (context["supplementalGroups"]?.items ?? []).compactMap(\.located)
        container.readOnlyRoot = context["readOnlyRootFilesystem"]?.locatedBool ?? container.readOnlyRoot
        if let escalation = context["allowPrivilegeEscalation"]?.locatedBool {
            container.noNewPrivileges = Located(!escalation.value, at: escalation.place)
        }
        let capabilities = context["capabilities"]
        container.addedCapabilities += capabilities?["add"]?.items.compactMap(\.located).map(Container.capability) ?? []
        container.droppedCapabilities +=
            capabilities?["drop"]?.items.compactMap(\.located).map(Container.capability) ?? []
        container.seccomp = context[path: "seccompProfile", "type"]?.located ?? container.seccomp
        container.appArmor = context[path: "appArmorProfile", "type"]?.located ?? container.appArmor
        container.sysctls += (context["sysctls"]?.items ?? []).compactMap { $0["name"]?.located }
        if let value = context["procMount"]?.located, value.value != "Default" {
            container.confinements.append(Located("procMount: \(value.value)", at: value.place))
        }
        if let type = context[path: "seLinuxOptions", "type"]?.located, !confinedTypes.contains(type.value) {
            container.confinements.append(Located("seLinuxOptions.type: \(type.value)", at: type.place))
        }
        if let host = context[path: "windowsOptions", "hostProcess"], host.bool == true {
            container.privileged = Located(true, at: host.place)
        }
    }

    /// Types that Kubernetes' baseline allows.
    private static let confinedTypes: Set<String> = [
        "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
    ]

    /// What older clusters have instead of fields.
    private func takeAnnotations(into container: inout Container) {
        for annotation in metadata?["annotations"]?.members ?? [] {
            guard let value = annotation.value.located else { continue }
            switch annotation.key {
            case "container.apparmor.security.beta.kubernetes.io/\(container.name)": container.appArmor = value
            case "seccomp.security.alpha.kubernetes.io/pod",
                "container.seccomp.security.alpha.kubernetes.io/\(container.name)":
                container.seccomp = value
            default: break
            }
        }
    }

    private func takeResources(_ node: DataNode, into container: inout Container) {
        let limits = node[path: "resources", "limits"]
        container.memoryLimit = limits?["memory"]?.located
        container.cpuLimit = limits?["cpu"]?.located
        container.cpuCount = container.cpuLimit
        let requests = node[path: "resources", "requests"]
        container.memoryRequest = requests?["memory"]?.located
        container.cpuRequest = requests?["cpu"]?.located
        for member in limits?.members ?? [] where member.key.hasSuffix("/gpu") || member.key.contains("/mig-") {
            let count = member.value.text ?? ""
            container.gpus.append(GPURequest(devices: .named([count]), place: member.keyPlace))
        }
    }

    private func mount(_ node: DataNode) -> Mount? {
        guard let path = node["mountPath"], let target = path.text else { return nil }
        let volume = node["name"]?.text.flatMap { volumes[$0] }
        let kind = volume.map(PodReader.kind) ?? (.volume, "")
        return Mount(
            kind: kind.0,
            source: kind.1,
            target: target,
            isReadOnly: node["readOnly"]?.bool ?? false
                || volume?[path: "persistentVolumeClaim", "readOnly"]?.bool ?? false,
            place: path.place
        )
    }

    /// Also the host's path, or the volume's name.
    private static func kind(_ volume: DataNode) -> (Mount.Kind, String) {
        let name = volume["name"]?.text ?? ""
        for member in volume.members where member.key != "name" {
            switch member.key {
            case "hostPath": return (.host, member.value["path"]?.text ?? "")
            case "emptyDir": return (.temporary, name)
            case "configMap", "secret", "projected", "downwardAPI": return (.injected, name)
            case "persistentVolumeClaim", "ephemeral", "csi", "image": return (.volume, name)
            default: return (.other(member.key), name)
            }
        }
        return (.temporary, name)
    }

    private func port(_ node: DataNode) -> Port? {
        guard let port = node["containerPort"], let number = port.text else { return nil }
        let host = spec["hostNetwork"]?.bool == true ? number : node["hostPort"]?.text
        return Port(
            hostAddress: node["hostIP"]?.text.flatMap { Addresses.isEvery($0) ? nil : $0 },
            hostPort: host,
            containerPort: number,
            place: (node["hostPort"] ?? port).place
        )
    }

    private func variable(_ node: DataNode) -> EnvironmentVariable? {
        guard let name = node["name"]?.located else { return nil }
        return EnvironmentVariable(name: name, value: node["valueFrom"] == nil ? node["value"]?.located : nil)
    }
}

extension Container {
    /// A text that Argo and Tekton have the container's command, or a shell, run.
    fileprivate mutating func takeScript(_ script: DataNode.Scalar) {
        if let program = ShellCommand(command)?.program, !ShellCommand.shells.contains(program) { return }
        command = ShellWord.shell(script)
    }
}
