// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadNoNamespace = Rule(
        id: "BKL-D033",
        title: "No namespace, or the default one",
        severity: .note,
        why: "Quotas, network policies and rights are by namespace: in the default one nothing keeps neighbours apart.",
        mend: "Name a namespace in the manifest, or when it is applied.",
        references: [
            .cwe(653), .cisDocker("5.30"), .kubeLinter("use-namespace"), .checkov("CKV_K8S_21"), .trivy("KSV-0110"),
        ],
        bad: [
            .pod("restartPolicy: Always"),
            .file(
                "pod.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: default}\nspec:\n  containers:\n  - name: a\n"
            ),
        ],
        good: [
            .file(
                "pod.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: serving}\nspec:\n  containers:\n  - name: a\n"
            ),
            .file("class.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: serving}\n"),
        ],
        checks: [
            .workload { workload, findings in
                guard workload.wholePod != nil || workload.service != nil else { return }
                guard ["", "default"].contains(workload.namespace?.value ?? "") else { return }
                let place = workload.namespace?.place ?? workload.place
                findings.add(place, "\(workload.described) names no namespace of its own")
            }
        ]
    )
}
