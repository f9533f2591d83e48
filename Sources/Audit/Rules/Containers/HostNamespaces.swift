// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerHostNamespaces = Rule(
        id: "BKL-D016",
        title: "Namespace of the host is shared",
        severity: .error,
        why: """
            In the host's PID namespace a container sees and can kill or trace the host's processes; in its network namespace \
            it reaches all that listens on loopback and no policy applies; in its IPC namespace it reads shared memory; in its \
            cgroup namespace it sees how the host's programs are held.
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
            .pod("hostPID: y"),
            .file("pid.yaml", "- op: add\n  path: /spec/template/spec/hostPID\n  value: true\n"),
            .file(
                "kustomization.yaml",
                "resources: [base]\npatches:\n- patch: |-\n    - op: add\n      path: /spec/template/spec/hostPID\n"
                    + "      value: true\n"
            ),
            .pod("hostPID: !!bool 'On'"),
            .pod("hostNetwork: true"),
            .pod("hostIPC: true"),
            .service("image: triton:1.0\nnetwork_mode: host"),
            .service("image: triton:1.0\ncgroup: host"),
            .script("docker run --cgroupns=host triton:1.0"),
            .script("docker run --net=host triton:1.0"),
            .script("docker run --ipc host --pid=host triton:1.0"),
            .script("docker run --network name=host,alias=t triton:1.0"),
            .script("docker -c d run -d --network ${NET:-host} triton:1.0"),
            .script("podman pod create --name p --network=host"),
            .script("ctr -n k8s.io run --net-host triton:1.0 t"),
            .service("build:\n  context: .\n  network: host"),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\n    networks: [n]\nnetworks:\n  n: {name: host, external: true}\n"
            ),
            .service("image: triton:1.0\nnetwork_mode: ${MODE:-host}"),
            .dockerfile("FROM debian:12\nRUN --mount=type=cache,target=/c --network=host ./build"),
            .script("nsenter -t 1 -m -u -i -n sh -c 'cat /etc/shadow'"),
            .script("sudo nsenter -at1"),
            .container("command: [nsenter, --target=1, --all, --, sh]"),
            .container("command: [nsenter, '--mount=/host/proc/1/ns/mnt', ls]"),
            .script("kubectl run a --image=a:1 --overrides='{\"spec\":{\"hostPID\":true}}'"),
        ],
        good: [
            .pod("hostPID: n"),
            .pod("hostPID: false"),
            .service("image: triton:1.0\nnetwork_mode: ${MODE:-bridge}"),
            .dockerfile("FROM debian:12\nRUN --network=none ./build --network=host"),
            .script("docker run --shm-size=1g --network triton triton:1.0"),
            .script("nsenter -t $PID -n ip addr; nsenter -t 1234 -n ss; nsenter --net=/run/netns/a ip addr"),
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
            .dockerfile { file, findings in
                for instruction in file.instructions {
                    guard let network = instruction.flag("network")?.value, network.value == "host" else { continue }
                    findings.add(
                        network.place,
                        "\(instruction.keyword) --network=host reaches all that listens on the building machine",
                        weaker: .warning
                    )
                }
            },
            .shellScript { script, findings in
                for command in script.commands {
                    guard let word = command.firstProcess else { continue }
                    findings.add(
                        word.place,
                        "a command goes into the namespaces of process 1: where these are the host's, it is root there",
                        weaker: script.origin == .container ? nil : .warning
                    )
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

extension ShellCommand {
    /// What tells `nsenter` to go to process 1.
    fileprivate var firstProcess: ShellWord? {
        let isWrapped = wrappers.contains { ShellCommand.baseName($0.text) == "nsenter" }
        guard isWrapped || program == "nsenter" else { return nil }
        let words = isWrapped ? wrapperOptions[...] : arguments
        for (word, next) in zip(words, words.dropFirst().map(\.text) + [""]) {
            let text = word.text
            let isRow = text.hasPrefix("-") && !text.hasPrefix("--")
            let isTarget = text == "--target" || (isRow && text.hasSuffix("t"))
            if isTarget, next == "1" { return word }
            if text == "--target=1" || (isRow && text.hasSuffix("t1")) || text.contains("/proc/1/ns/") { return word }
        }
        return nil
    }
}
