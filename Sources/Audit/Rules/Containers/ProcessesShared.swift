// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerProcessesShared = Rule(
        id: "BKL-D052",
        title: "Processes of another container are seen",
        severity: .warning,
        why: """
            Whoever breaks into one container reads the other's command lines, environment and files through /proc, and may \
            send its processes signals.
            """,
        mend: "Leave `pid` and `shareProcessNamespace` out; let containers speak through ports and volumes.",
        references: [.cwe(668), .cwe(653), .checkov("CKV_K8S_17")],
        bad: [
            .service("image: web:1.0\npid: service:triton"),
            .service("image: web:1.0\npid: \"container:triton\""),
            .script("docker run --pid container:triton web:1.0"),
            .pod("shareProcessNamespace: true"),
        ],
        good: [
            .service("image: web:1.0\nnetwork_mode: service:triton"),
            .script("docker run --pid=private web:1.0"),
            .pod("shareProcessNamespace: false"),
        ],
        checks: [
            .container { container, findings in
                guard let other = container.processesOf, !["", "private"].contains(other.value) else { return }
                findings.add(other.place, "\(container.described) sees the processes of \(Printed.quoted(other.value))")
            },
            .workload { workload, findings in
                guard let shares = workload.pod?.sharesProcesses, shares.value else { return }
                findings.add(shares.place, "containers of \(workload.described) see each other's processes")
            },
        ]
    )
}
