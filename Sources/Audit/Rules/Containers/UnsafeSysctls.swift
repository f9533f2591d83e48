// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerUnsafeSysctls = Rule(
        id: "BKL-D041",
        title: "Kernel setting that others feel",
        severity: .warning,
        why:
            "Some of the kernel's settings are not kept apart between containers, or take limits away that protect the machine.",
        mend: "Drop it, or use one that Kubernetes calls safe.",
        references: [.cwe(250), .podSecurity("baseline")],
        bad: [
            .pod("securityContext:\n  sysctls:\n  - name: kernel.msgmax\n    value: '65536'"),
            .service("image: triton:1.0\nsysctls:\n- net.core.somaxconn=65535"),
        ],
        good: [
            .pod("securityContext:\n  sysctls:\n  - name: net.ipv4.ip_unprivileged_port_start\n    value: '0'"),
            .service("image: triton:1.0\nsysctls:\n  net.ipv4.tcp_syncookies: 1"),
        ],
        checks: [
            .container { container, findings in
                for setting in container.sysctls {
                    let name = setting.value.split(separator: "=").first.map(String.init) ?? ""
                    guard !safeSettings.contains(name) else { continue }
                    findings.add(setting.place, "\(container.described) sets the kernel's \(Printed.quoted(name))")
                }
            }
        ]
    )

    /// What Kubernetes' baseline allows.
    private static let safeSettings: Set<String> = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ]
}
