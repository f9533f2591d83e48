// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerWholeSecret = Rule(
        id: "BKL-D053",
        title: "All of a secret is in the environment",
        severity: .note,
        why: """
            The container gets each entry that the secret has now and later, wanted or not; its environment is read by \
            every process in it, and stands in its crash reports.
            """,
        mend: "Name the entries that it needs with `secretKeyRef`, or mount them as files.",
        references: [.cwe(526), .cwe(272), .checkov("CKV_K8S_35"), .kubeLinter("env-var-secret")],
        bad: [.container("envFrom:\n- secretRef: {name: keys}")],
        good: [
            .container("envFrom:\n- configMapRef: {name: settings}"),
            .container("env:\n- name: API_KEY\n  valueFrom:\n    secretKeyRef: {name: keys, key: api}"),
        ],
        checks: [
            .container { container, findings in
                for secret in container.wholeSecrets {
                    findings.add(
                        secret.place,
                        "\(container.described) has all of secret \(Printed.quoted(secret.value)) in its environment"
                    )
                }
            }
        ]
    )
}
