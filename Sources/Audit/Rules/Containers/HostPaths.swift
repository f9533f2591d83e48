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
            .service("image: triton:1.0\nvolumes:\n- /etc/cron.d:/c"),
            .service("image: triton:1.0\nvolumes:\n- /etc/app/certs:/certs:ro"),
            .service("image: triton:1.0\nvolumes:\n- type: bind\n  source: /var/lib/docker\n  target: /d"),
            .service("image: triton:1.0\nvolumes:\n- ~/.ssh:/root/.ssh:ro"),
            .script("docker run -v /proc:/host/proc triton:1.0"),
            .script("docker run --mount type=bind,src=/root,dst=/r triton:1.0"),
            .pod("volumes:\n- name: models\n  hostPath:\n    path: /srv/models"),
            .script("docker --context d run -itv/:/h triton:1.0"),
            .script("docker run -v ../../..:/y triton:1.0"),
            .script("docker run -v $PWD/../../../etc:/y triton:1.0"),
            .script("docker run -v /srv/../etc:/y triton:1.0"),
            .script("docker run --mount \"readonly,target=/h,source=/,type=bind\" triton:1.0"),
            .script("docker run --mount '\"type=bind\", \"src=/\",dst=/h' triton:1.0"),
            .script("docker service create --mount=type=bind,source=/etc,destination=/h triton:1.0"),
            .script(
                "docker run --mount type=volume,dst=/h,volume-opt=type=none,volume-opt=device=/,volume-opt=o=bind t:1.0"
            ),
            .service("image: triton:1.0\nvolumes:\n- ${D:-/}:/h"),
            .volume("hostPath: {path: /}"),
            .volume("local: {path: /etc}"),
            .file(
                "compose.yaml",
                "services:\n  a: {image: 'a:1.0', secrets: [k]}\nsecrets:\n  k: {file: /etc/shadow}\n"
            ),
            .service("build:\n  context: .\n  additional_contexts: {host: /etc}"),
            .service("build:\n  context: .\n  additional_contexts: ['host=/']"),
            .service("build: /"),
            .service("image: triton:1.0\nvolumes:\n- ../../../:/h"),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\n    volumes: ['all:/h']\nvolumes:\n  all:\n"
                    + "    driver_opts: {type: none, o: bind, device: /}\n"
            ),
        ],
        good: [
            .service("image: triton:1.0\nvolumes:\n- ./models:/models:ro\n- /etc/localtime:/etc/localtime:ro"),
            .service("image: triton:1.0\nvolumes:\n- models:/models:ro"),
            .script("docker run -v /srv/models:/models:ro triton:1.0"),
            .script("docker run -v $PWD/../models:/models:ro -v ~/models:/m:ro triton:1.0"),
            .service("image: triton:1.0\nvolumes:\n- ${D:-./models}:/models:ro\n- ../models:/m:ro"),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\n    volumes: ['m:/m']\nvolumes:\n  m:\n"
                    + "    driver_opts: {type: none, o: bind, device: /srv/models}\n"
            ),
            .pod("volumes:\n- name: models\n  persistentVolumeClaim:\n    claimName: models"),
            .volume("local: {path: /mnt/disks/ssd1}"),
            .file(
                "compose.yaml",
                "services:\n  a: {image: 'a:1.0', secrets: [k]}\nsecrets:\n  k: {file: ./key}\n"
                    + "  t: {file: /etc/ssl/private/a.key}\n  u: {file: /etc/app/a.key}\n"
            ),
            .service("build:\n  context: ..\n  additional_contexts: {base: ../base, image: 'docker-image://a:1'}"),
        ],
        checks: [
            .container { container, findings in
                for mount in container.mounts where mount.kind == .host && container.origin != .kubernetes {
                    guard let danger = HostPath(mount.source).danger, !isEngineSocket(mount.source) else { continue }
                    let kind = mount.isReadOnly ? "read" : "write"
                    findings.add(
                        mount.place,
                        "\(container.described) can \(kind) \(Printed.quoted(mount.source)) of the host",
                        weaker: danger
                    )
                }
            },
            .workload { workload, findings in
                for path in workload.pod?.hostPaths ?? [] where !isEngineSocket(path.value) {
                    findings.add(
                        path.place,
                        "\(workload.described) has \(Printed.quoted(path.value)) of the host as a volume",
                        weaker: HostPath(path.value).danger ?? .warning
                    )
                }
                for source in workload.hostPaths where !isEngineSocket(source.path.value) {
                    guard let danger = danger(of: source) else { continue }
                    findings.add(
                        source.path.place,
                        "\(workload.described) gives \(Printed.quoted(source.path.value)) of the host to containers",
                        weaker: danger
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

    private static func danger(of source: Workload.HostSource) -> Severity? {
        let path = HostPath(source.path.value)
        switch source.kind {
        case .hostPath: return path.danger ?? .warning
        // A whole disk is what such volumes are made of.
        case .local: return source.path.value.hasPrefix("/dev/") ? .warning : path.danger
        case .file:
            // A file of keys is what secrets are made of; those that only root reads are not meant for containers.
            if ["/etc/ssl/", "/etc/pki/"].contains(where: source.path.value.hasPrefix) { return nil }
            guard path.danger == .error else { return nil }
            return path.start == .root ? .error : .warning
        }
    }
}

extension RuleExample {
    /// A volume of a cluster, made from this.
    fileprivate static func volume(_ source: String) -> RuleExample {
        .file("volume.yaml", "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec:\n  \(source)\n")
    }
}
