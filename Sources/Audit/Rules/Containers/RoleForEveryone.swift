// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadRoleForEveryone = Rule(
        id: "BKL-D070",
        title: "Everyone, or every pod, is given a role of the cluster",
        severity: .error,
        why: """
            What `system:anonymous` or `system:unauthenticated` may do, whoever reaches the API server may. With \
            `cluster-admin` a pod that is broken into owns the cluster; the account `default` is every pod's of its namespace.
            """,
        mend: "Bind a role of a few verbs on named resources to a service account that one workload has.",
        references: [
            .cwe(250), .cwe(284), .cwe(306), .owasp("A01:2025"), .kubeLinter("cluster-admin-role-binding"),
            .trivy("KSV-0111"),
        ],
        bad: [
            binding("view", "{kind: User, name: 'system:anonymous'}"),
            binding("cluster-admin", "{kind: Group, name: 'system:unauthenticated'}"),
            binding("cluster-admin", "{kind: Group, name: 'system:serviceaccounts'}"),
            binding("cluster-admin", "{kind: Group, name: 'system:serviceaccounts:serving'}"),
            binding("edit", "{kind: Group, name: 'system:authenticated'}"),
            binding("edit", "{kind: Group, name: 'system:serviceaccounts'}"),
            binding("admin", "{kind: ServiceAccount, name: default, namespace: serving}"),
            binding("cluster-admin", "{kind: ServiceAccount, name: default, namespace: serving}"),
            binding("cluster-admin", "{kind: User, name: 'system:serviceaccount:serving:default'}"),
            binding("cluster-admin", "{kind: ServiceAccount, name: serving, namespace: serving}"),
            binding(
                "cluster-admin",
                "{kind: Group, name: a}, {kind: ServiceAccount, name: default}",
                kind: "RoleBinding"
            ),
            .script("kubectl create clusterrolebinding a --clusterrole=cluster-admin --serviceaccount=default:default"),
            .script("kubectl create clusterrolebinding a --clusterrole cluster-admin --user system:anonymous"),
            .script("oc create clusterrolebinding a --clusterrole=cluster-admin --group=system:serviceaccounts"),
        ],
        good: [
            binding("view", "{kind: ServiceAccount, name: default, namespace: serving}"),
            binding("edit", "{kind: ServiceAccount, name: deployer, namespace: serving}", kind: "RoleBinding"),
            .script("kubectl create rolebinding a --clusterrole=view --serviceaccount=serving:default"),
            binding("view", "{kind: Group, name: 'system:serviceaccounts:serving'}", kind: "RoleBinding"),
            binding("cluster-admin", "{kind: Group, name: 'system:masters'}"),
            binding("system:public-info-viewer", "{kind: Group, name: 'system:unauthenticated'}"),
            binding("system:basic-user", "{kind: Group, name: 'system:authenticated'}"),
        ],
        checks: [
            .workload { workload, findings in
                guard let access = workload.access, let role = access.role else { return }
                for holder in access.holders {
                    guard let (whom, severity) = danger(of: holder, role.value) else { continue }
                    findings.add(
                        holder.name.place,
                        "\(workload.described) gives \(Printed.quoted(role.value)) to \(whom)",
                        weaker: severity
                    )
                }
            }
        ]
    )

    private static let administrator = "cluster-admin"
    /// By which a pod reads the secrets beside it, and starts pods.
    private static let writers: Set<String> = ["admin", "edit"]

    /// Who is meant, and how bad at most that is; `nil` where the role may be theirs.
    private static func danger(of holder: ClusterAccess.Holder, _ role: String) -> (whom: String, Severity)? {
        let name = holder.name.value
        let isAdministrator = role == administrator
        switch name {
        case "system:anonymous", "system:unauthenticated":
            return publicRoles.contains(role) ? nil : ("\(Printed.quoted(name)), which is everyone", .error)
        case "system:authenticated":
            guard !publicRoles.contains(role), !role.hasPrefix("system:") else { return nil }
            return ("\(Printed.quoted(name)), which is every user and every pod", isAdministrator ? .error : .warning)
        default: break
        }
        guard isAdministrator || writers.contains(role) else { return nil }
        if holder.kind == "Group" {
            guard name.hasPrefix("system:serviceaccounts") else { return nil }
            return ("\(Printed.quoted(name)), which is every pod", isAdministrator ? .error : .warning)
        }
        // A user's name says the same as an account's kind.
        let account = name.hasPrefix("system:serviceaccount:") ? name.split(separator: ":").last.map(String.init) : nil
        guard holder.kind == "ServiceAccount" || account != nil else { return nil }
        let isDefault = (account ?? name) == "default"
        let whose = isDefault ? ", which is every pod's that names no other" : ""
        // A workload of its own may need to write.
        guard isDefault || isAdministrator else { return nil }
        let severity: Severity = isDefault && isAdministrator ? .error : .warning
        return ("the service account \(Printed.quoted(account ?? name))\(whose)", severity)
    }

    /// Those that Kubernetes itself gives away, or that only tell keys and versions.
    private static let publicRoles: Set<String> = [
        "system:public-info-viewer", "system:discovery", "system:basic-user", "system:service-account-issuer-discovery",
        "kubeadm:bootstrap-signer-clusterinfo",
    ]

    private static func binding(
        _ role: String,
        _ subjects: String,
        kind: String = "ClusterRoleBinding"
    ) -> RuleExample {
        .file(
            "binding.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: \(kind)\nmetadata: {name: a, namespace: serving}\n"
                + "roleRef: {kind: ClusterRole, name: '\(role)', apiGroup: rbac.authorization.k8s.io}\n"
                + "subjects: [\(subjects)]\n"
        )
    }
}
