// SPDX-License-Identifier: Apache-2.0

/// Reads manifests of Kubernetes: pods wherever they stand in a document, and what surrounds them.
enum KubernetesReader {
    struct Reading {
        var workloads: [Workload] = []
        var containers: [Container] = []
    }

    /// `nil` if the document is none: neither says its kind, nor is a pod's specification.
    static func read(_ document: DataDocument) -> Reading? {
        var reading = Reading()
        let root = document.root
        if root["kind"]?.text != nil, root["apiVersion"] != nil || root["spec"] != nil || root["items"] != nil {
            add(root, document, to: &reading, depth: 0)
        } else if root["containers"]?.items.contains(where: { !$0.members.isEmpty }) == true {
            let pod = PodReader(spec: root, metadata: nil, isTransient: false, lines: document.lines)
            reading.containers = pod.containers()
        } else if let fragment = fragment(document) {
            reading.containers = [fragment]
        } else {
            return nil
        }
        return reading
    }

    /// A `List` stands for its items; lists in lists go as deep as files do.
    private static func add(_ node: DataNode, _ document: DataDocument, to reading: inout Reading, depth: Int) {
        let kind = node["kind"]?.text ?? ""
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
        let isTransient = ["Job", "CronJob"].contains(kind)
        var pods: [PodReader] = []
        find(node, metadata: nil, isTransient: isTransient, document.lines, into: &pods)
        for pod in pods {
            let containers = pod.containers()
            workload.pod = workload.pod ?? pod.surroundings(containers.count)
            reading.containers += containers
        }
        workload.takeParts(node)
        reading.workloads.append(workload)
    }

    /// Whatever has a list of containers is the specification of a pod, whichever resource it stands in.
    private static func find(
        _ node: DataNode,
        metadata: DataNode?,
        isTransient: Bool,
        _ lines: SourceLines,
        into pods: inout [PodReader]
    ) {
        let containers = node["containers"]?.items ?? []
        let isPod = containers.contains { !$0.members.isEmpty } || PodReader.isPredictor(node)
        if isPod {
            pods.append(PodReader(spec: node, metadata: metadata, isTransient: isTransient, lines: lines))
            return
        }
        for member in node.members {
            find(member.value, metadata: node["metadata"], isTransient: isTransient, lines, into: &pods)
        }
        for item in node.items { find(item, metadata: nil, isTransient: isTransient, lines, into: &pods) }
    }

    /// A piece of a manifest: a security context, or mounts as compose writes them.
    private static func fragment(_ document: DataDocument) -> Container? {
        let root = document.root
        let volumes = root["volumes"]?.items ?? []
        guard root["securityContext"]?.members.isEmpty == false || volumes.contains(where: { $0.scalar != nil }) else {
            return nil
        }
        var container = Container(.fragment, name: document.file, place: root.place)
        container.lines = document.lines
        PodReader.takeSecurity(root["securityContext"], into: &container)
        for volume in volumes { volume.located.map { container.take(volume: $0) } }
        return container
    }
}

extension Workload {
    fileprivate mutating func takeParts(_ node: DataNode) {
        switch kind {
        case "Service": service = Service(node)
        case "Ingress": ingress = Ingress(node)
        case "NetworkPolicy": networkPolicy = NetworkPolicyReader.policy(node["spec"])
        case "Namespace": enforcedPodSecurity = node[path: "metadata", "labels", enforcing]?.located
        case "ConfigMap": entries = ComposeReader.variables(node["data"])
        case "Secret": entries = ComposeReader.variables(node["stringData"]) + ComposeReader.variables(node["data"])
        default: break
        }
    }
}

/// The label by which Pod Security's admission goes.
private let enforcing = "pod-security.kubernetes.io/enforce"

extension Workload.Ingress {
    fileprivate init(_ node: DataNode) {
        hasTLS = node[path: "spec", "tls"]?.items.isEmpty == false
        annotations = (node[path: "metadata", "annotations"]?.members ?? []).compactMap { member in
            guard let value = member.value.located else { return nil }
            let parts = member.key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            return .init(
                reader: parts.count > 1 ? String(parts[0]) : "",
                name: String(parts[parts.count - 1]),
                value: value
            )
        }
    }
}

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
