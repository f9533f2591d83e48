// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerHostProgram = Rule(
        id: "BKL-D072",
        title: "Compose runs a program on the host",
        severity: .error,
        why: """
            `provider` names a program that compose runs itself, with the rights of whoever calls it and outside of any \
            container: a program that comes with the file is the file's author's.
            """,
        mend: "Leave `provider` out, or name a plugin of docker's that is installed and trusted on the machine.",
        references: [.cwe(426), .cwe(829), .owasp("A08:2025")],
        bad: [
            .service("provider: {type: ./setup.sh}"),
            .service("provider:\n  type: tools/setup\n  options: {size: 1}"),
            .service("provider: {type: awesomecloud}"),
        ],
        good: [.service("provider:\n  type: model\n  options: {model: ai/smollm2}")],
        checks: [
            .container { container, findings in
                guard let program = container.provider, !ownPlugins.contains(program.value) else { return }
                // A bare name is looked for among docker's plugins and the machine's programs.
                let isInstalled = !program.value.contains("/") && !program.value.contains("\\")
                findings.add(
                    program.place,
                    "\(container.described) has compose run \(Printed.quoted(program.value)) on the host",
                    weaker: isInstalled ? .warning : nil
                )
            }
        ]
    )

    /// Plugins that come with docker.
    private static let ownPlugins: Set<String> = ["model"]
}
