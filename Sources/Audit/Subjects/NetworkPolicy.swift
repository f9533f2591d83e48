// SPDX-License-Identifier: Apache-2.0

/// What a Kubernetes `NetworkPolicy` lets through.
package struct NetworkPolicy: Sendable {
    package enum Direction: String, Sendable, CaseIterable {
        case ingress = "Ingress"
        case egress = "Egress"
    }

    /// One of its lists of who may be talked with, on which ports.
    package struct Rule: Sendable {
        package var direction: Direction
        /// `nil` if the rule names nobody, and so lets everybody through.
        package var peers: [Peer]?
        /// `nil` if the rule names no ports, and so lets all of them through.
        package var ports: [String]?
        package var place: Place
    }

    package enum Peer: Sendable {
        /// Addresses, as in `10.0.0.0/8`.
        case addresses(Located<String>)
        /// Pods of all namespaces.
        case everyPod(Place)
        /// Pods of the policy's own namespace, by a selector whose labels are none.
        case everyPodBeside(Place)
        /// The same by `{}`, which says that all are meant.
        case allBeside(Place)
        /// Pods or namespaces with labels.
        case some
    }

    /// What it is about; directions that it leaves out it does not restrict.
    package var directions: Set<Direction>
    /// Of `policyTypes`, or of the policy.
    package var place: Place
    package var rules: [Rule] = []
}
