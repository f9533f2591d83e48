// SPDX-License-Identifier: Apache-2.0

/// Reads manifests of Kubernetes: pods wherever they stand in a document, and what surrounds them.
enum KubernetesReader {
    struct Reading {
        var workloads: [Workload] = []
        var containers: [Container] = []
        var scripts = WrittenScripts()
        var unread: [Unreadable] = []
    }

    /// `nil` if the document is none: neither says its kind, nor is a pod's specification.
    static func read(_ document: DataDocument) -> Reading? {
        var reading = Reading()
        let root = document.root
        if root["kind"]?.text != nil, root["apiVersion"] != nil || root["spec"] != nil || root["items"] != nil {
            add(root, document, to: &reading, depth: 0)
        } else if Workload.Kustomization.isNamed(document.file), !root.members.isEmpty {
            // kustomize fills in what such a file leaves out.
            add(root, document, to: &reading, depth: 0, kind: "Kustomization")
        } else if root["containers"]?.items.contains(where: { !$0.members.isEmpty }) == true {
            let pod = PodReader(spec: root, key: "", metadata: nil, isTransient: false, lines: document.lines)
            reading.containers = pod.containers()
        } else {
            reading = fragments(document)
        }
        return reading.containers.isEmpty && reading.workloads.isEmpty ? nil : reading
    }

    /// A `List` stands for its items; lists in lists go as deep as files do.
    /// - Parameter kind: where the document itself says none.
    private static func add(
        _ node: DataNode,
        _ document: DataDocument,
        to reading: inout Reading,
        depth: Int,
        kind: String = ""
    ) {
        let kind = node["kind"]?.text ?? kind
        if kind.hasSuffix("List"), let items = node["items"] {
            for item in items.items where depth < AuditLimits.defaults.depth {
                add(item, document, to: &reading, depth: depth + 1)
            }
            return
        }
        var workload = Workload(
            kind: kind,
            name: node[path: "metadata", "name"]?.text ?? node[path: "metadata", "generateName"]?.text ?? "",
            place: node.member("kind")?.keyPlace ?? node.place
        )
        workload.namespace = node[path: "metadata", "namespace"]?.located
        var search = PodSearch(isTransient: endings.contains(where: kind.hasSuffix), lines: document.lines)
        search.search(node, key: "")
        for pod in search.pods {
            reading.containers += pod.containers()
            workload.add(pod.surroundings())
        }
        reading.containers += search.contexts
        reading.unread += search.unread
        workload.takeParts(node)
        if kind == "ConfigMap" { reading.scripts.take(files: node["data"]) }
        if kind == "Secret" { reading.scripts.take(files: node["stringData"]) }
        reading.workloads.append(workload)
    }

    /// Of kinds whose pods end by themselves.
    private static let endings = ["Job", "Workflow", "WorkflowTemplate", "Task", "TaskRun"]

    /// What pieces of manifests say, in patches and in the values of charts: security contexts, containers, what pods
    /// take of the host, and mounts as compose writes them.
    private static func fragments(_ document: DataDocument) -> Reading {
        var search = PodSearch(isTransient: false, lines: document.lines)
        search.search(document.root, key: document.file, isPatch: true)
        // Other files have images too, and say elsewhere which.
        let ofPods = search.pods.flatMap { $0.containers() }.map { container in
            var container = container
            container.image = nil
            return container
        }
        var container = Container(.fragment, name: document.file, place: document.root.place)
        container.lines = document.lines
        for volume in document.root["volumes"]?.items.compactMap(\.located) ?? [] { container.take(volume: volume) }
        var workload = Workload(kind: "patch", name: document.file, place: document.root.place)
        for pod in search.pods where pod.takesOfHost { workload.add(pod.surroundings()) }
        return Reading(
            workloads: workload.pod == nil ? [] : [workload],
            containers: search.contexts + ofPods + (container.mounts.isEmpty ? [] : [container])
        )
    }
}

extension Workload {
    /// A document may have several pods: what one of them takes counts.
    fileprivate mutating func add(_ other: Pod) {
        guard var pod else {
            pod = other
            return
        }
        pod.hostNamespaces += other.hostNamespaces
        if pod.sharesProcesses?.value != true { pod.sharesProcesses = other.sharesProcesses }
        pod.hostPaths += other.hostPaths
        pod.otherVolumes += other.otherVolumes
        pod.memoryVolumes += other.memoryVolumes
        pod.hasMemoryLimits = pod.hasMemoryLimits && other.hasMemoryLimits
        pod.serviceAccount = pod.serviceAccount ?? other.serviceAccount
        if other.mountsToken != nil || !other.isPatch, pod.mountsToken?.value == false || pod.isPatch {
            pod.mountsToken = other.mountsToken
        }
        pod.isPatch = pod.isPatch && other.isPatch
        self.pod = pod
    }

    fileprivate mutating func takeParts(_ node: DataNode) {
        switch kind {
        case "Service": service = Service(node)
        case "Ingress": ingress = Ingress(node)
        // Calico's kind of the same name has fields of its own.
        case "NetworkPolicy" where node["apiVersion"]?.text?.contains("projectcalico") != true:
            networkPolicy = NetworkPolicyReader.policy(node["spec"], at: place)
        case "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding": access = ClusterAccess(node)
        case "Namespace": enforcedPodSecurity = node[path: "metadata", "labels", enforcing]?.located
        case "PersistentVolume":
            for (key, kind) in [("hostPath", HostSource.Kind.hostPath), ("local", .local)] {
                guard let path = node[path: "spec", key, "path"]?.located else { continue }
                hostPaths.append(HostSource(kind: kind, path: path))
            }
        case "ConfigMap":
            entries = ComposeReader.variables(node["data"])
            settings = (node["data"]?.members ?? []).compactMap(\.value.scalar).flatMap(\.settings)
        case "Kustomization", "Component":
            kustomization = Kustomization(node)
            entries = Kustomization.literals(node["configMapGenerator"])
        case "Secret": entries = ComposeReader.variables(node["stringData"]) + ComposeReader.variables(node["data"])
        default: break
        }
    }
}

/// The label by which Pod Security's admission goes.
private let enforcing = "pod-security.kubernetes.io/enforce"

extension Workload.Service {
    fileprivate init(_ node: DataNode) {
        let spec = node["spec"]
        type = spec?["type"]?.located
        ports = spec?["ports"]?.items.compactMap { $0["port"]?.located } ?? []
        externalAddresses = spec?["externalIPs"]?.items.compactMap(\.located) ?? []
        sources = spec?["loadBalancerSourceRanges"]?.items.compactMap(\.located) ?? []
        isInternal = (node[path: "metadata", "annotations"]?.members ?? []).contains { annotation in
            let key = annotation.key.lowercased()
            let value = annotation.value.text?.lowercased() ?? ""
            return (key.contains("internal") && value != "false" && !value.isEmpty)
                || (key.contains("load-balancer") && value.contains("internal"))
        }
    }
}
