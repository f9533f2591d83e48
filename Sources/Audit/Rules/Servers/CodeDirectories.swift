// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverCodeDirectories = Rule(
        id: "BKL-N018",
        title: "Server's code is loaded from where models are",
        severity: .error,
        why:
            "Backends, agents and caches are native libraries: who can add a file to the repository then runs code as the server.",
        mend:
            "Keep `--backend-directory`, `--repoagent-directory` and `--cache-directory` out of the repository, owned by root.",
        references: [.cwe(426), .cwe(114), .owaspLLM("LLM05"), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .script("tritonserver --model-repository=/models --backend-directory=/models/backends"),
            .script("tritonserver --model-repository=/models --repoagent-directory /tmp/agents"),
        ],
        good: [.script("tritonserver --model-repository=/models --backend-directory=/opt/tritonserver/backends")],
        checks: [
            .serverCommand { command, findings in
                let repositories = (command.all("model-repository") + command.all("model-store")).compactMap {
                    $0.value?.text
                }
                for flag in command.flags where directories.contains(flag.name) {
                    guard let path = flag.value else { continue }
                    let open = (repositories + ["/tmp", "/var/tmp", "/dev/shm"]).first { isBeneath(path.text, $0) }
                    guard let open else { continue }
                    findings.add(
                        path.place,
                        "\(command.program.rawValue) loads libraries from \(Printed.quoted(path.text)), beneath \(Printed.quoted(open))"
                    )
                }
            }
        ]
    )

    private static let directories = ["backend-directory", "repoagent-directory", "cache-directory"]

    private static func isBeneath(_ path: String, _ root: String) -> Bool {
        let (path, root) = (path.split(separator: "/"), root.split(separator: "/"))
        return !root.isEmpty && path.starts(with: root)
    }
}
