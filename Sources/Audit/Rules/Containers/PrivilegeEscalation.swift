// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerPrivilegeEscalation = Rule(
        id: "BKL-D004",
        title: "Processes can gain rights",
        severity: .warning,
        why: """
            Without no-new-privileges a process gains what a set-user-id program or file capabilities in the image give: an \
            unprivileged server turns into root.
            """,
        mend: """
            Write `allowPrivilegeEscalation: false`, `security_opt: [no-new-privileges:true]` or \
            `--security-opt=no-new-privileges`.
            """,
        references: [
            .cwe(269), .podSecurity("restricted"), .cisDocker("5.26"), .kubeLinter("privilege-escalation-container"),
            .kubesec("AllowPrivilegeEscalation"), .checkov("CKV_K8S_20"), .trivy("KSV-0001"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [
            .container("image: triton:1.0"),
            .container("securityContext:\n  allowPrivilegeEscalation: true"),
            .service("image: triton:1.0"),
            .service("image: triton:1.0\nsecurity_opt:\n- no-new-privileges:false"),
            .script("docker run triton:1.0"),
        ],
        good: [
            .container("securityContext:\n  allowPrivilegeEscalation: false"),
            .service("image: triton:1.0\nsecurity_opt:\n- no-new-privileges:true"),
            .script("docker run --security-opt no-new-privileges triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                if let said = container.noNewPrivileges {
                    guard !said.value else { return }
                    let shown = Located(true, at: said.place)
                    let message = "\(container.described) lets its processes gain rights that they did not start with"
                    let isCluster = container.origin == .kubernetes || container.origin == .fragment
                    findings.add(said.place, message, fix: isCluster ? .turn(shown, in: container.lines) : nil)
                } else if container.isWhole {
                    let isWeak = container.origin == .command || container.isTransient
                    findings.add(
                        container.place,
                        "\(container.described) does not keep its processes from gaining rights (no-new-privileges)",
                        weaker: isWeak ? .note : nil
                    )
                }
            }
        ]
    )
}
