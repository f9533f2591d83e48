// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerSSHPort = Rule(
        id: "BKL-D018",
        title: "SSH in a container",
        severity: .warning,
        why:
            "A way to log in beside the server is one more thing to break into, and what is done there leaves no trace in its log.",
        mend: "Use `docker exec` or `kubectl exec`, which ask the engine who may.",
        references: [
            .cwe(1188), .cisDocker("5.7"), .kubeLinter("ssh-port"), .checkov("CKV_DOCKER_1"), .trivy("DS-0004"),
            .hadolint("DL3001"),
        ],
        bad: [
            .dockerfile("FROM python:3.11-slim\nEXPOSE 22/tcp"),
            .service("image: triton:1.0\nports: ['2222:22']"),
            .container("ports:\n- containerPort: 22"),
            .dockerfile("FROM debian:12\nRUN apt-get update && apt-get install -y openssh-server"),
            .dockerfile("FROM debian:12\nEXPOSE 22\nCMD [\"/usr/sbin/sshd\", \"-D\"]"),
        ],
        good: [
            .dockerfile("FROM python:3.11-slim\nEXPOSE 3000 2222"),
            .service("image: triton:1.0\nports: ['22:8000']"),
        ],
        checks: [
            .dockerfile { file, findings in
                // A port alone opens nothing.
                let hasServer = file.instructions.contains { instruction in
                    instruction.commands.contains { runsServer($0) }
                }
                for instruction in file.instructions where instruction.keyword == "EXPOSE" {
                    for word in instruction.words where word.text.split(separator: "/").first == "22" {
                        findings.add(
                            word.place,
                            "the image exposes port 22, which is SSH's",
                            weaker: hasServer ? nil : .note
                        )
                    }
                }
            },
            .container { container, findings in
                for port in container.ports where port.containerPort == "22" {
                    findings.add(port.place, "\(container.described) exposes port 22, which is SSH's")
                }
            },
            .shellScript { script, findings in
                guard script.origin == .build else { return }
                for command in script.commands where PackageInstall(command) != nil {
                    for word in command.arguments where servers.contains(word.text) {
                        findings.add(word.place, "the image gets the SSH server \(Printed.quoted(word.text))")
                    }
                }
            },
        ]
    )

    private static let servers: Set<String> = ["openssh-server", "openssh", "dropbear", "sshd"]

    private static func runsServer(_ command: ShellCommand) -> Bool {
        servers.contains(command.program)
            || command.arguments.contains { servers.contains(ShellCommand.baseName($0.text)) }
    }
}
