// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerConfinementOff = Rule(
        id: "BKL-D008",
        title: "Confinement is turned off",
        severity: .error,
        why: """
            seccomp, AppArmor and SELinux keep a container from kernel interfaces that attackers leave it by. Turned off, \
            each bug of the kernel is within reach of a model.
            """,
        mend:
            "Drop the option: engines bring profiles of their own. In Kubernetes write `seccompProfile: {type: RuntimeDefault}`.",
        references: [
            .cwe(693), .podSecurity("baseline"), .cisDocker("5.2"), .cisDocker("5.22"), .kubesec("SeccompUnconfined"),
            .kubesec("ApparmorUnconfined"), .checkov("CKV_K8S_31"), .trivy("KSV-0104"), .trivy("KSV-0002"),
        ],
        bad: [
            .container("securityContext:\n  seccompProfile:\n    type: Unconfined"),
            .pod("securityContext:\n  appArmorProfile:\n    type: Unconfined"),
            .container("securityContext:\n  procMount: Unmasked"),
            .service("image: triton:1.0\nsecurity_opt:\n- seccomp:unconfined"),
            .script("docker run --security-opt apparmor=unconfined triton:1.0"),
            .script("docker run --security-opt label=disable triton:1.0"),
        ],
        good: [
            .file(
                "devcontainer.json",
                "{\"capAdd\": [\"SYS_PTRACE\"], \"securityOpt\": [\"seccomp=unconfined\"]}\n"
            ),
            .container("securityContext:\n  seccompProfile:\n    type: RuntimeDefault"),
            .service("image: triton:1.0\nsecurity_opt:\n- seccomp:./profile.json"),
            .script("docker run --security-opt apparmor=docker-default triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                for (kind, value) in [("seccomp", container.seccomp), ("AppArmor", container.appArmor)] {
                    guard let value, value.value.lowercased() == "unconfined" else { continue }
                    findings.add(value.place, "\(container.described) runs without \(kind)")
                }
                for option in container.confinements {
                    findings.add(
                        option.place,
                        "\(container.described) loosens what confines it: \(Printed.quoted(option.value))"
                    )
                }
            }
        ]
    )
}
