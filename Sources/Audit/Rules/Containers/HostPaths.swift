// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerHostPaths = Rule(
        id: "BKL-D015",
        title: "Path of the host is mounted",
        severity: .error,
        why: """
            What is mounted from the host is the host's: its keys, its configuration, the files of other containers. From \
            several of these paths there is a way to root on the machine.
            """,
        mend: "Mount a volume of its own, or the one directory of models, read-only.",
        references: [
            .cwe(668), .cwe(552), .podSecurity("baseline"), .cisDocker("5.6"), .kubeLinter("sensitive-host-mounts"),
            .trivy("KSV-0023"), .trivy("KSV-0121"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .service("image: triton:1.0\nvolumes:\n- /:/host:ro"),
            .service("image: triton:1.0\nvolumes:\n- /etc:/host-etc"),
            .service("image: triton:1.0\nvolumes:\n- type: bind\n  source: /var/lib/docker\n  target: /d"),
            .service("image: triton:1.0\nvolumes:\n- ~/.ssh:/root/.ssh:ro"),
            .script("docker run -v /proc:/host/proc triton:1.0"),
            .script("docker run --mount type=bind,src=/root,dst=/r triton:1.0"),
            .pod("volumes:\n- name: models\n  hostPath:\n    path: /srv/models"),
        ],
        good: [
            .service("image: triton:1.0\nvolumes:\n- ./models:/models:ro\n- /etc/localtime:/etc/localtime:ro"),
            .service("image: triton:1.0\nvolumes:\n- models:/models:ro"),
            .script("docker run -v /srv/models:/models:ro triton:1.0"),
            .pod("volumes:\n- name: models\n  persistentVolumeClaim:\n    claimName: models"),
        ],
        checks: [
            .container { container, findings in
                for mount in container.mounts where mount.kind == .host && container.origin != .kubernetes {
                    guard isSensitive(mount.source), !isEngineSocket(mount.source) else { continue }
                    let kind = mount.isReadOnly ? "read" : "write"
                    findings.add(
                        mount.place,
                        "\(container.described) can \(kind) \(Printed.quoted(mount.source)) of the host"
                    )
                }
            },
            .workload { workload, findings in
                for path in workload.pod?.hostPaths ?? [] where !isEngineSocket(path.value) {
                    findings.add(
                        path.place,
                        "\(workload.described) has \(Printed.quoted(path.value)) of the host as a volume",
                        weaker: isSensitive(path.value) ? nil : .warning
                    )
                }
                for (kind, place) in workload.pod?.otherVolumes ?? [] {
                    findings.add(
                        place,
                        "\(workload.described) has a volume of kind \(Printed.quoted(kind))",
                        weaker: .note
                    )
                }
            },
        ]
    )

    private static let harmlessPaths: Set<String> = [
        "/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/ca-certificates",
    ]

    private static func isSensitive(_ path: String) -> Bool {
        let names = path.split(separator: "/").map(String.init)
        let plain = "/" + names.joined(separator: "/")
        guard !harmlessPaths.contains(where: { plain == $0 || plain.hasPrefix($0 + "/") }) else { return false }
        let secrets: Set<String> = [".ssh", ".aws", ".kube", ".docker", ".gnupg", ".netrc", "id_rsa", "id_ed25519"]
        if names.contains(where: secrets.contains) { return true }
        guard path.hasPrefix("/") else { return ["~", "~/", "$HOME", "${HOME}", "$HOME/", "${HOME}/"].contains(path) }
        if ["/", "/home", "/var", "/usr", "/var/run", "/run", "/var/lib", "/lib", "/opt"].contains(plain) {
            return true
        }
        let roots = [
            "/etc", "/root", "/proc", "/sys", "/dev", "/boot", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/lib/modules",
            "/var/lib/docker", "/var/lib/containerd", "/var/lib/kubelet", "/var/log", "/var/spool/cron",
            "/run/docker", "/run/containerd",
        ]
        // Shared memory and GPUs are passed in as files.
        if plain.hasPrefix("/dev/shm") || plain.hasPrefix("/dev/nvidia") || plain.hasPrefix("/dev/dri") { return false }
        return roots.contains { plain == $0 || plain.hasPrefix($0 + "/") }
    }
}
