// SPDX-License-Identifier: Apache-2.0

/// Finds pods in a document of Kubernetes, in whichever resource they stand: Kubernetes' own, KServe's, Argo's, Ray's.
struct PodSearch {
    let isTransient: Bool
    let lines: SourceLines
    private(set) var pods: [PodReader] = []
    /// Security contexts that stand beside pods: who reads the resource gives them to pods of its own.
    private(set) var contexts: [Container] = []

    /// Patches of which nothing is known.
    private(set) var unread: [Unreadable] = []

    private var patches = 0
    /// One within another would be searched again and again.
    private var isInChange = false
    /// Of texts in one document.
    private static let patchLimit = 64

    init(isTransient: Bool, lines: SourceLines) {
        self.isTransient = isTransient
        self.lines = lines
    }

    /// - Parameters:
    ///   - key: under which the node stands.
    ///   - isPatch: whether it is only put over something, and so says nothing of what is missing.
    mutating func search(_ node: DataNode, key: String, metadata: DataNode? = nil, isPatch: Bool = false) {
        for item in node.items { search(item, key: key, isPatch: isPatch) }
        guard !node.members.isEmpty else { return }
        let pod = PodReader(
            spec: node,
            key: key,
            metadata: metadata,
            origin: isPatch ? .fragment : .kubernetes,
            isTransient: isTransient,
            lines: lines
        )
        if !pod.parts.isEmpty || pod.takesOfHost { pods.append(pod) }
        var read = Set(pod.parts.map(\.key))
        let own = node["metadata"]
        if !isInChange, let change = node.change {
            isInChange = true
            search(change, key: key, isPatch: true)
            isInChange = false
            read.insert("value")
        }
        for member in node.members where !read.contains(member.key) {
            switch member.key {
            case "securityContext", "podSecurityContext", "containerSecurityContext":
                if pod.parts.isEmpty || member.key != "securityContext" { takeContext(member, of: key) }
            case "podSpecPatch", "patch", "patchesStrategicMerge":
                for item in member.value.items.isEmpty ? [member.value] : member.value.items {
                    takePatch(item, key: member.key, isPatch: isPatch)
                }
            default: search(member.value, key: member.key, metadata: own, isPatch: isPatch)
            }
        }
    }

    /// A text that is put over a pod; of an ordinary node, what stands in it.
    private mutating func takePatch(_ node: DataNode, key: String, isPatch: Bool) {
        guard node.scalar != nil else { return search(node, key: key, isPatch: isPatch) }
        guard !isPatch, node.isText else { return }
        patches += 1
        guard patches <= Self.patchLimit else {
            if patches == Self.patchLimit + 1 {
                unread.append(Unreadable(node.place, "the document has more than \(Self.patchLimit) patches in it"))
            }
            return
        }
        do throws(Unreadable) {
            for patch in try node.embedded() { search(patch, key: key, isPatch: true) }
        } catch {
            // What Argo puts in first may make YAML of it.
            guard node.text?.contains("{{") != true else { return }
            unread.append(Unreadable(node.place, "a patch cannot be read: \(error.message)"))
        }
    }

    private mutating func takeContext(_ member: DataNode.Member, of key: String) {
        guard !member.value.members.isEmpty else { return }
        var container = Container(.fragment, name: key, place: member.keyPlace)
        container.lines = lines
        PodReader.takeSecurity(member.value, into: &container)
        contexts.append(container)
    }
}

extension DataNode {
    /// Whether it may be a document in a text, and not the name of a file.
    fileprivate var isText: Bool { text?.utf8.contains { $0 == UInt8(ascii: ":") } ?? false }

    /// Documents of the YAML in a text of this one, all at the text's place.
    func embedded() throws(Unreadable) -> [DataNode] {
        guard let scalar else { return [] }
        guard scalar.text.utf8.count <= 64 << 10 else {
            throw Unreadable(scalar.place, "it has more than \(64 << 10) bytes")
        }
        var limits = AuditLimits.defaults
        // Each takes a letter and what parts it from the next, unless anchors repeat them: that is bounded over all texts.
        limits.nodes = min(10_000, max(64, scalar.text.utf8.count))
        var documents: [DataNode] = []
        for document in try DataReader.yaml(scalar.text, file: scalar.place.file, limits: limits) {
            documents.append(document.root.placed(at: scalar.place))
        }
        return documents
    }

    /// What a JSON patch's `add` or `replace` makes of the path and the value that it has.
    fileprivate var change: DataNode? {
        guard let path = self["path"]?.text, self["op"] != nil, let member = member("value") else { return nil }
        let names = path.split(separator: "/").suffix(AuditLimits.defaults.depth)
        return names.reversed().reduce(member.value) { value, name in
            let isIndex = name == "-" || name.allSatisfy(\.isNumber)
            if isIndex { return .list([value], value.place) }
            return .map([.init(key: String(name), keyPlace: member.keyPlace, value: value)], value.place)
        }
    }

    private func placed(at place: Place) -> DataNode {
        switch self {
        case .scalar(let scalar): .scalar(.init(text: scalar.text, isPlain: scalar.isPlain, place: place))
        case .list(let items, _): .list(items.map { $0.placed(at: place) }, place)
        case .map(let members, _):
            .map(members.map { .init(key: $0.key, keyPlace: place, value: $0.value.placed(at: place)) }, place)
        }
    }
}
