// SPDX-License-Identifier: Apache-2.0

/// What a `Role`, `ClusterRole`, `RoleBinding` or `ClusterRoleBinding` of Kubernetes says.
///
/// Source: Kubernetes' "Using RBAC Authorization".
package struct ClusterAccess: Sendable {
    /// Whom a binding gives the role to.
    package struct Holder: Sendable {
        /// `User`, `Group` or `ServiceAccount`.
        package var kind: String
        package var name: Located<String>
        package var namespace: String?
    }

    /// Of a binding.
    package var role: Located<String>?
    /// Of a binding.
    package var holders: [Holder] = []
    /// Of a role: where its rules are that are for everything and allow everything.
    package var unboundRules: [Place] = []

    init(role: Located<String>) { self.role = role }

    init(_ node: DataNode) {
        role = node[path: "roleRef", "name"]?.located
        holders = (node["subjects"]?.items ?? []).compactMap { subject in
            guard let name = subject["name"]?.located else { return nil }
            return Holder(kind: subject["kind"]?.text ?? "", name: name, namespace: subject["namespace"]?.text)
        }
        unboundRules = (node["rules"]?.items ?? []).compactMap { rule in
            let isUnbound = ["apiGroups", "resources", "verbs"].allSatisfy { key in
                rule[key]?.items.contains { $0.text == "*" } ?? false
            }
            return isUnbound ? rule.place : nil
        }
    }
}
