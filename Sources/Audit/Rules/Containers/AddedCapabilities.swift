// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerAddedCapabilities = Rule(
        id: "BKL-D006",
        title: "Capability is added",
        severity: .error,
        why: """
            Capabilities are root's rights in pieces; several of them are enough to leave the container (SYS_ADMIN, \
            SYS_PTRACE, SYS_MODULE, DAC_READ_SEARCH) or to take over its network.
            """,
        mend: "Drop ALL and add nothing; NET_BIND_SERVICE if the server must have a port below 1024.",
        references: [
            .cwe(250), .podSecurity("baseline"), .cisDocker("5.4"), .kubesec("CapSysAdmin"), .checkov("CKV_K8S_25"),
            .checkov("CKV_K8S_39"), .trivy("KSV-0005"), .trivy("KSV-0022"), .trivy("KSV-0119"), .trivy("KSV-0120"),
        ],
        bad: [
            .file("devcontainer.json", "{\"capAdd\": [\"SYS_ADMIN\"]}\n"),
            .container("securityContext:\n  capabilities:\n    add: [SYS_ADMIN]"),
            .service("image: triton:1.0\ncap_add: [ALL]"),
            .script("docker run --cap-add=SYS_PTRACE triton:1.0"),
            .service("image: triton:1.0\ncap_add: [CAP_WAKE_ALARM]"),
            .container("securityContext:\n  capabilities:\n    drop: [ALL]\n    add: [NET_RAW]"),
            .service("image: triton:1.0\ncap_drop: [ALL]\ncap_add: [SETUID]"),
            .dockerfile("FROM debian:12\nRUN setcap cap_sys_admin+ep /bin/x"),
            .dockerfile("FROM debian:12\nRUN setcap -q 'cap_net_bind_service,CAP_SETUID=+eip' /bin/x"),
            .script("sudo setcap all+ep /bin/x"),
            .script("setcap =ep /bin/x"),
        ],
        good: [
            .file("devcontainer.json", "{\"runArgs\": [\"--cap-add=SYS_PTRACE\"]}\n"),
            .container("securityContext:\n  capabilities:\n    drop: [ALL]\n    add: [NET_BIND_SERVICE]"),
            .service("image: triton:1.0\ncap_drop: [ALL]"),
            .script("docker run --cap-add CHOWN triton:1.0"),
            .dockerfile("FROM debian:12\nRUN setcap cap_net_bind_service=+ep /bin/x && setcap -r /bin/y"),
            .script("setcap cap_sys_admin= /bin/x; setcap cap_sys_admin-ep /bin/x"),
        ],
        checks: [
            .container { container, findings in
                let dropsAll = container.droppedCapabilities.contains { $0.value == "ALL" }
                for capability in container.addedCapabilities {
                    guard capability.value != "NET_BIND_SERVICE" else { continue }
                    let isUsual = engineDefaults.contains(capability.value)
                    // Who adds what there is anyway changes nothing.
                    guard !isUsual || dropsAll || capability.value == "NET_RAW" else { continue }
                    let isStrong = strongCapabilities.contains(capability.value)
                    findings.add(
                        capability.place,
                        "\(container.described) is given the capability \(Printed.quoted(capability.value))"
                            + (isStrong ? ", with which it can get at the host or at other containers" : ""),
                        weaker: isStrong ? nil : isUsual && capability.value != "NET_RAW" ? .note : .warning
                    )
                }
            },
            .shellScript { script, findings in
                for command in script.commands where command.program == "setcap" {
                    for word in command.arguments { judge(file: word, &findings) }
                }
            },
        ]
    )

    /// - Parameter file: as `setcap` is told what a file has: `cap_a,cap_b+ep`, `=ep` for all.
    private static func judge(file word: ShellWord, _ findings: inout Findings) {
        guard !word.text.hasPrefix("-"), !word.text.contains("/") else { return }
        for clause in word.text.split(separator: " ").prefix(64) {
            guard let sign = clause.firstIndex(where: { "+=".contains($0) }) else { continue }
            let isGiven = clause[sign...].contains { "epi".contains($0) } && !clause[..<sign].contains("-")
            guard isGiven else { continue }
            let names = sign == clause.startIndex ? ["all"] : clause[..<sign].split(separator: ",")
            for name in names.prefix(64) {
                let capability = name.uppercased().replacing("CAP_", with: "")
                guard capability != "NET_BIND_SERVICE" else { continue }
                let isStrong = strongCapabilities.contains(capability) && capability != "NET_ADMIN"
                let isOthers =
                    capability == "NET_ADMIN" || (engineDefaults.contains(capability) && capability != "NET_RAW")
                findings.add(
                    word.place,
                    "whoever starts the program has the capability \(Printed.quoted(capability))",
                    weaker: isStrong ? nil : isOthers ? .warning : .note
                )
            }
        }
    }

    private static let strongCapabilities: Set<String> = [
        "ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "SYS_TIME", "DAC_READ_SEARCH",
        "NET_ADMIN",
        "BPF", "PERFMON", "SYSLOG", "MAC_ADMIN", "MAC_OVERRIDE", "CHECKPOINT_RESTORE",
    ]

    /// What containers have anyway, unless it is dropped.
    private static let engineDefaults: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_RAW", "SETFCAP", "SETGID",
        "SETPCAP", "SETUID", "SYS_CHROOT",
    ]
}
