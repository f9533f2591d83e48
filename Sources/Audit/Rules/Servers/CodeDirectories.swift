// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverCodeDirectories = Rule(
        id: "BKL-N018",
        title: "Server's code is loaded from where others write",
        severity: .error,
        why:
            "Backends, engines and agents are native libraries: who can add a file there, or a model, runs code as the server.",
        mend:
            "Keep the directories of code out of the repository and of what everyone may write; let root own them.",
        references: [.cwe(426), .cwe(114), .owaspLLM("LLM05"), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .script("tritonserver --model-repository=/models --backend-directory=/models/backends"),
            .script("tritonserver --model-repository=/models --repoagent-directory /tmp/agents"),
            .script("buckler serve --engine-library=/tmp/libonnxruntime.so"),
            .script("buckler serve --python-env-root=/var/tmp/environments"),
        ],
        good: [
            .script("tritonserver --model-repository=/models --backend-directory=/opt/tritonserver/backends"),
            .script("buckler serve --engine-library=/usr/lib/libonnxruntime.so --python-env-root=/opt/environments"),
        ],
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
                        "\(command.program.rawValue) loads code from \(Printed.quoted(path.text)), beneath \(Printed.quoted(open))"
                    )
                }
            }
        ]
    )

    private static let directories = [
        "backend-directory", "repoagent-directory", "cache-directory", "engine-library", "python-env-root",
    ]

    private static func isBeneath(_ path: String, _ root: String) -> Bool {
        let (path, root) = (path.split(separator: "/"), root.split(separator: "/"))
        return !root.isEmpty && path.starts(with: root)
    }
}
