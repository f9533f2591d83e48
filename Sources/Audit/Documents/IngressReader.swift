// SPDX-License-Identifier: Apache-2.0

/// Reads an `Ingress`: by which names it is called, which of them have TLS, and what it is told by annotations.
extension Workload.Ingress {
    init(_ node: DataNode) {
        let entries = node[path: "spec", "tls"]?.items ?? []
        hasTLS = !entries.isEmpty
        let named = entries.map { $0["hosts"]?.items.compactMap(\.text) ?? [] }
        // An entry that names no host is for all of them.
        namesWithTLS = named.contains(where: \.isEmpty) ? nil : Set(named.joined().map { $0.lowercased() })
        names = (node[path: "spec", "rules"]?.items ?? []).map { rule in
            rule["host"]?.located ?? Located("", at: rule.place)
        }
        if names.isEmpty, let backend = node[path: "spec", "defaultBackend"] {
            names = [Located("", at: backend.place)]
        }
        annotations = (node[path: "metadata", "annotations"]?.members ?? []).compactMap { member in
            guard let value = member.value.located else { return nil }
            let parts = member.key.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            return .init(
                reader: parts.count > 1 ? String(parts[0]) : "",
                name: String(parts[parts.count - 1]),
                value: value
            )
        }
        controller =
            node[path: "spec", "ingressClassName"]?.text
            ?? annotations.first { $0.reader == "kubernetes.io" && $0.name == "ingress.class" }?.value.value
    }
}
