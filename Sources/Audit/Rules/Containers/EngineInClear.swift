// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerEngineInClear = Rule(
        id: "BKL-D051",
        title: "Container engine is commanded over the network without TLS",
        severity: .error,
        why: """
            Who reaches an engine's port starts privileged containers with the machine's disk in them: that is root for \
            everyone on the network, and for whoever is on the way to it.
            """,
        mend:
            "Command it over SSH (`docker -H ssh://…`, a context), or with `--tlsverify` and certificates of both sides.",
        references: [.cwe(306), .cwe(319), .owasp("A05:2025"), .cisDocker("2.7")],
        bad: [
            .script("docker -H tcp://10.0.0.1:2375 ps"),
            .script("docker --host=tcp://build.example.org:2375 run --rm triton:1.0"),
            .script("export DOCKER_HOST=tcp://10.0.0.1:2375"),
            .script("podman --remote --url tcp://10.0.0.1:8080 ps"),
            .script("dockerd -H unix:///var/run/docker.sock -H tcp://0.0.0.0:2375"),
            .script("podman system service --time=0 tcp://0.0.0.0:8080"),
            .service("image: ci:1.0\nenvironment:\n  DOCKER_HOST: tcp://docker:2375"),
            .dockerfile("FROM docker:27\nENV DOCKER_HOST=tcp://docker:2375"),
        ],
        good: [
            .script("docker -H ssh://deploy@10.0.0.1 ps"),
            .script("docker -H tcp://10.0.0.1:2376 --tlsverify ps"),
            .script("DOCKER_TLS_VERIFY=1 DOCKER_HOST=tcp://10.0.0.1:2376 docker ps"),
            .script("export DOCKER_HOST=unix:///run/user/1000/docker.sock"),
            .script("dockerd --tlsverify -H tcp://0.0.0.0:2376"),
            .service(
                "image: ci:1.0\nenvironment:\n  DOCKER_HOST: tcp://docker:2376\n  DOCKER_TLS_VERIFY: '1'"
            ),
        ],
        checks: [
            .shellScript { script, findings in
                for sequence in script.sequences {
                    let names = Set(sequence.flatMap(\.variables).map(\.name))
                    for command in sequence {
                        if let address = commandedInClear(by: command, names) {
                            report(address, by: Printed.quoted(command.program), &findings)
                        } else if let address = servedInClear(by: command) {
                            findings.add(
                                address.place,
                                "\(Printed.quoted(command.program)) obeys everyone who reaches \(Printed.quoted(address.value))"
                            )
                        }
                        for variable in command.variables {
                            judge(variable.name, variable.value.located, names, "the shell", &findings)
                        }
                    }
                }
            },
            .container { container, findings in
                let names = Set(container.environment.map(\.name.value))
                for variable in container.environment {
                    guard let value = variable.value else { continue }
                    judge(variable.name.value, value, names, container.described, &findings)
                }
            },
            .dockerfile { file, findings in
                let pairs = file.instructions.filter { $0.keyword == "ENV" }.flatMap(\.pairs)
                let names = Set(pairs.map(\.name.value))
                for pair in pairs {
                    guard let value = pair.value?.located else { continue }
                    judge(pair.name.value, value, names, "the image", &findings)
                }
            },
        ]
    )

    /// What makes docker encrypt, and docker's and podman's names for where the engine is.
    private static let encrypting = "DOCKER_TLS_VERIFY"
    private static let hosts: Set<String> = ["DOCKER_HOST", "CONTAINER_HOST", "BUILDKIT_HOST"]

    private static func judge(
        _ name: String,
        _ value: Located<String>,
        _ names: Set<String>,
        _ owner: String,
        _ findings: inout Findings
    ) {
        guard hosts.contains(name), isOpen(value.value), !names.contains(encrypting) else { return }
        report(value, by: owner, &findings)
    }

    private static func report(_ address: Located<String>, by owner: String, _ findings: inout Findings) {
        findings.add(
            address.place,
            "\(owner) commands the container engine at \(Printed.quoted(address.value)) without TLS",
            // The engine there is as open, but whether it is ours is not said here.
            weaker: .warning
        )
    }

    /// `docker -H tcp://…`
    private static func commandedInClear(by command: ShellCommand, _ names: Set<String>) -> Located<String>? {
        guard let engine = EngineCommand(command), !names.contains(encrypting) else { return nil }
        guard !engine.options.contains(where: { ["tls", "tlsverify"].contains($0.name) && $0.isOn }) else { return nil }
        return engine.options.first { ["host", "url"].contains($0.name) && isOpen($0.value.value) }?.value
    }

    /// An engine that listens on a port, and asks nobody for a certificate.
    private static func servedInClear(by command: ShellCommand) -> Located<String>? {
        let isEngine = ["dockerd", "buildkitd"].contains(command.program)
        let isService = command.program == "podman" && command.has("system") && command.has("service")
        guard isEngine || isService else { return nil }
        guard
            !command.arguments.contains(where: { $0.text.hasPrefix("--tlsverify") || $0.text.hasPrefix("--tlscacert") })
        else { return nil }
        return command.arguments.lazy.compactMap { word in
            guard let start = word.text.firstRange(of: "tcp://")?.lowerBound else { return nil }
            let address = String(word.text[start...])
            return isOpen(address) ? Located(address, at: word.place) : nil
        }.first
    }

    /// Whether others than this machine are on the way.
    private static func isOpen(_ address: String) -> Bool {
        WebAddress(address).map { $0.scheme == "tcp" && !$0.isLoopback } ?? false
    }
}
