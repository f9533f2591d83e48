// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerHostNamespaces = Rule(
        id: "BKL-D016",
        title: "Namespace of the host is shared",
        severity: .error,
        why: """
            In the host's PID namespace a container sees and can kill or trace the host's processes; in its network namespace \
            it reaches all that listens on loopback and no policy applies; in its IPC namespace it reads shared memory.
            """,
        mend:
            "Drop `hostPID`, `hostNetwork`, `hostIPC`, `--net=host` and the like; publish single ports, give `--shm-size`.",
        references: [
            .cwe(668), .podSecurity("baseline"), .cisDocker("5.10"), .cisDocker("5.16"), .cisDocker("5.17"),
            .kubeLinter("host-network"), .kubeLinter("host-pid"), .kubeLinter("host-ipc"), .kubesec("HostNetwork"),
            .kubesec("HostPID"), .kubesec("HostIPC"), .checkov("CKV_K8S_17"), .checkov("CKV_K8S_18"),
            .checkov("CKV_K8S_19"),
            .trivy("KSV-0008"), .trivy("KSV-0009"), .trivy("KSV-0010"),
        ],
        bad: [
            .pod("hostPID: true"),
            .pod("hostNetwork: true"),
            .pod("hostIPC: true"),
            .service("image: triton:1.0\nnetwork_mode: host"),
            .script("docker run --net=host triton:1.0"),
            .script("docker run --ipc host --pid=host triton:1.0"),
        ],
        good: [
            .pod("hostPID: false"),
            .service("image: triton:1.0\nnetwork_mode: bridge"),
            .script("docker run --shm-size=1g --network triton triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                for namespace in container.hostNamespaces { report(namespace, of: container.described, &findings) }
            },
            .workload { workload, findings in
                for namespace in workload.pod?.hostNamespaces ?? [] {
                    report(namespace, of: workload.described, &findings)
                }
            },
        ]
    )

    private static func report(_ namespace: HostNamespace, of name: String, _ findings: inout Findings) {
        findings.add(
            namespace.place,
            "\(name) shares the host's \(namespace.kind.rawValue) namespace",
            weaker: namespace.kind == .pid ? nil : .warning
        )
    }
}
