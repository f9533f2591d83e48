// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerKeptCapabilities = Rule(
        id: "BKL-D007",
        title: "Capabilities are not dropped",
        severity: .warning,
        why:
            "An engine gives every container a dozen capabilities that no model server needs, such as raw network access.",
        mend: "Write `capabilities: {drop: [ALL]}`, `cap_drop: [ALL]` or `--cap-drop=ALL`.",
        references: [
            .cwe(250), .podSecurity("restricted"), .cisDocker("5.4"), .kubeLinter("drop-net-raw-capability"),
            .kubesec("CapDropAll"), .kubesec("CapDropAny"), .checkov("CKV_K8S_28"), .checkov("CKV_K8S_37"),
            .trivy("KSV-0003"), .trivy("KSV-0004"), .trivy("KSV-0106"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .container("image: triton:1.0"),
            .container("securityContext:\n  capabilities:\n    drop: [NET_RAW]"),
            .service("image: triton:1.0"),
        ],
        good: [
            .container("securityContext:\n  capabilities:\n    drop:\n    - ALL"),
            .service("image: triton:1.0\ncap_drop: [all]"),
            .script("docker run --cap-drop ALL triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                guard container.isWhole, !container.droppedCapabilities.contains(where: { $0.value == "ALL" }) else {
                    return
                }
                let isCluster = container.origin == .kubernetes && !container.isTransient
                findings.add(
                    container.droppedCapabilities.first?.place ?? container.place,
                    "\(container.described) keeps capabilities that it does not need",
                    weaker: isCluster ? nil : .note
                )
            }
        ]
    )
}
