// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerPrivileged = Rule(
        id: "BKL-D001",
        title: "Container is privileged",
        severity: .error,
        why: """
            A privileged container has every capability, all devices of the host and no confinement: whoever runs code in \
            the model server owns the machine.
            """,
        mend: "Drop `privileged`; give single devices or capabilities if something truly needs them.",
        references: [
            .cwe(250), .cwe(269), .owasp("A05:2025"), .podSecurity("baseline"), .cisDocker("5.5"),
            .kubeLinter("privileged-container"), .kubesec("Privileged"), .checkov("CKV_K8S_16"), .trivy("KSV-0017"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [
            .container("securityContext:\n  privileged: true"),
            .service("image: triton:1.0\nprivileged: true"),
            .script("docker run --privileged tritonserver"),
            .file("fragment.yaml", "securityContext:\n  privileged: true\n"),
        ],
        good: [
            .container("securityContext:\n  privileged: false"),
            .service("image: triton:1.0"),
            .script("docker run tritonserver --privileged"),
        ],
        checks: [
            .container { container, findings in
                guard let privileged = container.privileged, privileged.value else { return }
                findings.add(
                    privileged.place,
                    "\(container.described) runs privileged: it has every right of the host's root",
                    fix: .turn(privileged, in: container.lines)
                )
            }
        ]
    )
}
