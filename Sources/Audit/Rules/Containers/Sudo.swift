// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerSudo = Rule(
        id: "BKL-D029",
        title: "sudo in a container",
        severity: .warning,
        why:
            "A program that gives root to who asks for it is the way from a broken server to root, which `USER` was to close.",
        mend: "Do what needs root before `USER`; use gosu or su-exec in an entry point that has to change the user.",
        references: [.cwe(250), .cwe(269), .checkov("CKV2_DOCKER_1"), .trivy("DS-0010"), .hadolint("DL3004")],
        bad: [
            .dockerfile("FROM debian:12\nRUN sudo apt-get update"),
            .dockerfile("FROM debian:12\nRUN apt-get install -y sudo=1.9"),
            .dockerfile("FROM debian:12\nENTRYPOINT [\"sudo\", \"tritonserver\"]"),
            .dockerfile("FROM debian:12\nRUN echo 'app ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers"),
        ],
        good: [
            .dockerfile("FROM debian:12\nRUN apt-get install -y gosu=1.14"),
            .script("sudo systemctl restart docker"),
        ],
        checks: [
            .shellScript { script, findings in
                // On a machine of one's own sudo is how things are done.
                guard script.origin != .script else { return }
                for command in script.commands {
                    if let sudo = command.wrappers.first(where: { ShellCommand.baseName($0.text) == "sudo" }) {
                        findings.add(sudo.place, "\(Printed.quoted(command.program)) is run by sudo")
                    }
                    let isSudo: (ShellWord) -> Bool = { $0.text == "sudo" || $0.text.hasPrefix("sudo=") }
                    if let word = PackageInstall(command)?.packages.first(where: isSudo) {
                        findings.add(word.place, "sudo is installed")
                    }
                    for file in command.redirections where file.target.text.hasPrefix("/etc/sudoers") {
                        findings.add(
                            file.target.place,
                            "\(Printed.quoted(file.target.text)) is written, which gives root to others"
                        )
                    }
                }
            }
        ]
    )
}
