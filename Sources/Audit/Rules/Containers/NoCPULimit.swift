// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoCPULimit = Rule(
        id: "BKL-D011",
        title: "No CPU limit",
        severity: .warning,
        why: "A busy model, or one made to loop, slows down everything else on the machine.",
        mend: "Set `resources.limits.cpu`, `deploy.resources.limits.cpus`, `cpus` or `--cpus`.",
        references: [
            .cwe(400), .cwe(770), .cisDocker("5.12"), .kubeLinter("unset-cpu-requirements"), .kubesec("LimitsCPU"),
            .checkov("CKV_K8S_10"), .checkov("CKV_K8S_11"), .trivy("KSV-0011"), .trivy("KSV-0015"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file("pod.yaml", "containers:\n- name: triton\n  image: triton:1.0\n"),
            .service("image: triton:1.0"),
            .container("resources:\n  limits:\n    cpu: '2'\n  requests:\n    memory: 2Gi"),
            .container("resources:\n  limits:\n    cpu: '400'\n  requests:\n    cpu: '400'"),
            .script("docker run --cpus=1000 triton:1.0"),
        ],
        good: [
            .container("resources:\n  limits:\n    cpu: '2'\n  requests:\n    cpu: '1'"),
            .service("image: triton:1.0\ncpus: 2"),
            .script("docker run --cpus=2 triton:1.0"),
            .script("docker run --cpu-quota=200000 triton:1.0"),
            .container("resources:\n  limits:\n    cpu: 64000m\n  requests:\n    cpu: '64'"),
        ],
        checks: [
            .container { container, findings in
                if let limit = container.cpuCount, let count = Quantities.cpus(limit.value), count > cpusOfFewMachines {
                    findings.add(
                        limit.place,
                        "\(container.described) may have \(Printed.quoted(limit.value)) CPUs, more than most machines",
                        weaker: .note
                    )
                }
                let isCluster = container.origin == .kubernetes && !container.isTransient
                if isCluster, container.cpuRequest == nil, let limit = container.cpuLimit, isLimit(limit) {
                    findings.add(
                        limit.place,
                        "\(container.described) says what CPU it may have at most, and not what is kept for it",
                        weaker: .note
                    )
                }
                guard container.isWhole, !isLimit(container.cpuLimit) else { return }
                findings.add(
                    container.cpuLimit?.place ?? container.place,
                    "\(container.described) has no CPU limit",
                    weaker: isCluster ? nil : .note
                )
            }
        ]
    )

    /// Few machines have more, and those are for more than one server.
    private static let cpusOfFewMachines = 128.0
}
