// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerEngineSocket = Rule(
        id: "BKL-D014",
        title: "Socket of the container engine is mounted",
        severity: .error,
        why: """
            Who can talk to the engine can start a privileged container with the host's disk in it: that is root on the \
            machine, and a read-only mount does not keep anyone from talking.
            """,
        mend: "Drop the mount. Nothing that serves models has to start containers.",
        references: [
            .cwe(250), .cwe(668), .podSecurity("baseline"), .cisDocker("5.32"), .kubeLinter("docker-sock"),
            .kubesec("DockerSock"), .checkov("CKV_K8S_27"), .trivy("KSV-0006"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file(
                ".devcontainer/devcontainer.json",
                "{\"mounts\": [\"source=/var/run/docker.sock,target=/var/run/docker.sock,type=bind\"]}\n"
            ),
            .service("image: triton:1.0\nvolumes:\n- /var/run/docker.sock:/var/run/docker.sock"),
            .file("fragment.yaml", "volumes:\n  - /var/run/docker.sock:/var/run/docker.sock\n"),
            .script("docker run -v /run/containerd/containerd.sock:/c.sock:ro triton:1.0"),
            .script("docker run --use-api-socket triton:1.0"),
            .service("image: triton:1.0\nuse_api_socket: true"),
            .pod("volumes:\n- name: docker\n  hostPath:\n    path: /var/run/docker.sock"),
            .file(
                "compose.yaml",
                "services:\n  a: {image: 'a:1.0', configs: [c]}\nconfigs:\n  c: {file: /var/run/docker.sock}\n"
            ),
        ],
        good: [
            .file(
                ".devcontainer/devcontainer.json",
                "{\"image\": \"a:1.0\", \"mounts\": [\"source=cache,target=/c,type=volume\"]}\n"
            ),
            .service("image: triton:1.0\nvolumes:\n- ./models:/models:ro"),
            .pod("volumes:\n- name: models\n  emptyDir: {}"),
        ],
        checks: [
            .container { container, findings in
                for mount in container.mounts where isEngineSocket(mount.source) || isEngineSocket(mount.target) {
                    findings.add(
                        mount.place,
                        "\(container.described) can command the container engine by \(Printed.quoted(mount.source))"
                    )
                }
            },
            .workload { workload, findings in
                let paths = (workload.pod?.hostPaths ?? []) + workload.hostPaths.map(\.path)
                for path in paths where isEngineSocket(path.value) {
                    findings.add(
                        path.place,
                        "\(workload.described) has a volume of the container engine's socket \(Printed.quoted(path.value))"
                    )
                }
            },
        ]
    )

    static func isEngineSocket(_ path: String) -> Bool {
        sockets.contains { path.hasSuffix("/" + $0) }
    }
    private static let sockets = [
        "docker.sock", "docker.raw.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "podman.sock",
        "dockershim.sock", "buildkitd.sock",
    ]
}
