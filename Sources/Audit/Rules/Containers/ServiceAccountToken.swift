// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadServiceAccountToken = Rule(
        id: "BKL-D032",
        title: "Pod gets a token for the cluster",
        severity: .warning,
        why:
            "The token of a service account lies in every container unless it is turned off: who breaks in can ask the cluster's API.",
        mend: "Write `automountServiceAccountToken: false`; give a pod that needs the API an account of its own.",
        references: [
            .cwe(272), .kubeLinter("default-service-account"), .kubesec("AutomountServiceAccountToken"),
            .kubesec("ServiceAccountName"), .checkov("CKV_K8S_38"), .trivy("KSV-0036"),
        ],
        bad: [
            .pod("restartPolicy: Always"),
            .pod("automountServiceAccountToken: true"),
            .pod("serviceAccountName: default"),
        ],
        good: [
            .pod("automountServiceAccountToken: false"),
            .pod("serviceAccountName: serving"),
        ],
        checks: [
            .workload { workload, findings in
                guard let pod = workload.wholePod, pod.mountsToken?.value != false else { return }
                let account = pod.serviceAccount?.value ?? "default"
                // An account of its own was chosen with some purpose.
                guard account == "default" || pod.mountsToken?.value == true else { return }
                findings.add(
                    (pod.mountsToken?.place ?? pod.serviceAccount?.place) ?? workload.place,
                    "\(workload.described) gets the token of the service account \(Printed.quoted(account))"
                )
            }
        ]
    )
}
