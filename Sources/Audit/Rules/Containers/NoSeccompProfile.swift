// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoSeccompProfile = Rule(
        id: "BKL-D009",
        title: "No seccomp profile",
        severity: .warning,
        why: "Kubernetes runs containers without a seccomp filter unless a manifest or the node asks for one.",
        mend: "Write `seccompProfile: {type: RuntimeDefault}` in the pod's securityContext.",
        references: [
            .cwe(693), .podSecurity("restricted"), .cisDocker("5.22"), .kubesec("SeccompAny"), .checkov("CKV_K8S_29"),
            .checkov("CKV_K8S_30"), .checkov("CKV_K8S_31"), .trivy("KSV-0030"), .trivy("KSV-0104"), .trivy("KSV-0118"),
        ],
        bad: [.container("image: triton:1.0")],
        good: [
            .pod("securityContext:\n  seccompProfile:\n    type: RuntimeDefault"),
            .container("securityContext:\n  seccompProfile: {type: Localhost, localhostProfile: triton.json}"),
            .service("image: triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                guard container.origin == .kubernetes, container.seccomp == nil else { return }
                findings.add(
                    container.place,
                    "\(container.described) has no seccomp profile",
                    weaker: container.isTransient ? .note : nil
                )
            }
        ]
    )
}
