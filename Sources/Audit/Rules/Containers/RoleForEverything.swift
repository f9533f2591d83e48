// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadRoleForEverything = Rule(
        id: "BKL-D071",
        title: "Role may do everything with everything",
        severity: .warning,
        why: """
            A pod that has such a role reads all secrets and starts pods with the rights of the host, once somebody runs code \
            in it.
            """,
        mend: "Name the API groups, the resources and the verbs that are needed.",
        references: [
            .cwe(250), .cwe(269), .owasp("A01:2025"), .kubeLinter("wildcard-in-rules"), .checkov("CKV_K8S_49"),
            .trivy("KSV-0044"),
        ],
        bad: [
            role("ClusterRole", "{apiGroups: ['*'], resources: ['*'], verbs: ['*']}"),
            role(
                "Role",
                "{apiGroups: [''], resources: [pods], verbs: [get]}, {apiGroups: ['*', ''], resources: ['*'], verbs: [get, '*']}"
            ),
        ],
        good: [
            role("ClusterRole", "{apiGroups: ['*'], resources: ['*'], verbs: [get, list, watch]}"),
            role("Role", "{apiGroups: [apps], resources: ['*'], verbs: ['*']}"),
        ],
        checks: [
            .workload { workload, findings in
                for place in workload.access?.unboundRules ?? [] {
                    findings.add(place, "\(workload.described) allows every verb on every resource of every API group")
                }
            }
        ]
    )

    private static func role(_ kind: String, _ rules: String) -> RuleExample {
        .file(
            "role.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: \(kind)\nmetadata: {name: a, namespace: serving}\n"
                + "rules: [\(rules)]\n"
        )
    }
}
