// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoPIDLimit = Rule(
        id: "BKL-D012",
        title: "No limit of processes",
        severity: .note,
        why: "Code in a container that forks without end takes all process numbers of the machine.",
        mend:
            "Set `pids_limit`, `deploy.resources.limits.pids` or `--pids-limit`; in Kubernetes the node's podPidsLimit.",
        references: [.cwe(770), .cisDocker("5.29")],
        bad: [.service("image: triton:1.0"), .script("docker run --pids-limit -1 triton:1.0")],
        good: [
            .service("image: triton:1.0\npids_limit: 512"),
            .script("docker run --pids-limit=512 triton:1.0"),
            .container("image: triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                guard container.origin == .compose || container.origin == .command else { return }
                guard !isLimit(container.pidsLimit) else { return }
                findings.add(
                    container.pidsLimit?.place ?? container.place,
                    "\(container.described) may start processes without end"
                )
            }
        ]
    )
}
