// SPDX-License-Identifier: Apache-2.0

/// Reads the specification of a `NetworkPolicy`.
enum NetworkPolicyReader {
    /// - Parameter place: of the policy, which may have no specification: it is then about all pods beside it.
    static func policy(_ spec: DataNode?, at place: Place) -> NetworkPolicy {
        guard let spec else { return NetworkPolicy(directions: [.ingress], place: place) }
        let types = spec["policyTypes"]
        let named = (types?.items ?? []).compactMap { $0.text.flatMap(NetworkPolicy.Direction.init) }
        // Without the list it is about what comes in, and about what goes out if it has rules for that.
        let usual: [NetworkPolicy.Direction] = spec["egress"] == nil ? [.ingress] : [.ingress, .egress]
        var policy = NetworkPolicy(
            directions: Set(named.isEmpty ? usual : named),
            place: (types ?? spec).place
        )
        policy.rules += rules(spec["ingress"], .ingress, peers: "from")
        policy.rules += rules(spec["egress"], .egress, peers: "to")
        return policy
    }

    private static func rules(
        _ list: DataNode?,
        _ direction: NetworkPolicy.Direction,
        peers key: String
    ) -> [NetworkPolicy.Rule] {
        (list?.items ?? []).map { rule in
            let peers = rule[key]?.items ?? []
            let ports = rule["ports"]?.items ?? []
            return NetworkPolicy.Rule(
                direction: direction,
                peers: peers.isEmpty ? nil : peers.map(peer),
                // A port that has no number stands for all of its protocol.
                ports: ports.isEmpty || ports.contains { $0["port"] == nil }
                    ? nil : ports.compactMap { $0["port"]?.text },
                place: rule.place
            )
        }
    }

    private static func peer(_ node: DataNode) -> NetworkPolicy.Peer {
        if let addresses = node[path: "ipBlock", "cidr"]?.located { return .addresses(addresses) }
        let pods = node["podSelector"]
        guard let namespaces = node["namespaceSelector"] else {
            guard let pods, selectsAll(pods) else { return .some }
            // Labels that are none look as if they kept somebody out.
            return pods.members.isEmpty ? .allBeside(pods.place) : .everyPodBeside(pods.place)
        }
        guard selectsAll(namespaces), pods.map(selectsAll) ?? true else { return .some }
        return .everyPod(namespaces.place)
    }

    private static func selectsAll(_ selector: DataNode) -> Bool {
        selector.members.allSatisfy { $0.value.members.isEmpty && $0.value.items.isEmpty }
    }
}
