// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadPodSecurityOff = Rule(
        id: "BKL-D045",
        title: "Namespace holds its pods to no standard",
        severity: .warning,
        why: """
            Whoever may create a pod in it may create one that is root on the node: nothing refuses privileged containers \
            and paths of the host.
            """,
        mend: "Label the namespace `pod-security.kubernetes.io/enforce: restricted`, or at least `baseline`.",
        references: [.cwe(250), .cwe(693), .podSecurity("restricted"), .owasp("A05:2025")],
        bad: [
            .file("n.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: serving\n"),
            .file(
                "n.yaml",
                "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: serving\n  labels:\n"
                    + "    pod-security.kubernetes.io/enforce: privileged\n"
            ),
        ],
        good: [
            .file(
                "n.yaml",
                "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: serving\n  labels:\n"
                    + "    pod-security.kubernetes.io/enforce: restricted\n"
            ),
            .file(
                "n.yaml",
                "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: serving\n  labels:\n"
                    + "    pod-security.kubernetes.io/enforce: baseline\n"
            ),
        ],
        checks: [
            .workload { workload, findings in
                guard workload.kind == "Namespace" else { return }
                guard let standard = workload.enforcedPodSecurity else {
                    // The cluster may have a standard for all of them.
                    findings.add(
                        workload.place,
                        "\(workload.described) enforces no Pod Security standard",
                        weaker: .note
                    )
                    return
                }
                guard standard.value == "privileged" else { return }
                findings.add(standard.place, "\(workload.described) lets its pods be privileged")
            }
        ]
    )
}
