// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoPIDLimit = Rule(
        id: "BKL-D012",
        title: "No limit of processes, or hardly one",
        severity: .note,
        why: "Code in a container that forks without end takes all process numbers of the machine.",
        mend:
            "Set `pids_limit`, `deploy.resources.limits.pids` or `--pids-limit`; in Kubernetes the node's podPidsLimit.",
        references: [.cwe(770), .cisDocker("5.29")],
        bad: [
            .service("image: triton:1.0"), .script("docker run --pids-limit -1 triton:1.0"),
            .service("image: triton:1.0\npids_limit: 100000"),
            .service("image: triton:1.0\ndeploy:\n  resources:\n    limits:\n      pids: 99999999999999999999"),
        ],
        good: [
            .service("image: triton:1.0\npids_limit: 512"),
            .script("docker run --pids-limit=512 triton:1.0"),
            .service("image: triton:1.0\npids_limit: 8192"),
            .container("image: triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                guard container.isWhole, container.origin == .compose || container.origin == .command else { return }
                guard let limit = container.pidsLimit, isLimit(limit) else {
                    findings.add(
                        container.pidsLimit?.place ?? container.place,
                        "\(container.described) may start processes without end"
                    )
                    return
                }
                guard isMost(limit.value) else { return }
                findings.add(
                    limit.place,
                    "\(container.described) may start \(Printed.quoted(limit.value)) processes: that is hardly a limit"
                )
            }
        ]
    )

    /// Half of the numbers that the kernel has for all processes unless it is told to have more.
    private static let manyProcesses = 1 << 14

    private static func isMost(_ value: String) -> Bool {
        guard value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return (Int(value) ?? .max) > manyProcesses
    }
}
