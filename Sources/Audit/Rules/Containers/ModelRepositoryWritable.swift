// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerModelRepositoryWritable = Rule(
        id: "BKL-D037",
        title: "Model repository can be written",
        severity: .warning,
        why: """
            A server that can write its models can be made to: one request that gets a file written leaves a model behind that \
            runs code in every server that loads it, after every restart.
            """,
        mend: "Mount it read-only: `./models:/models:ro`, `readOnly: true`.",
        references: [
            .cwe(732), .owaspLLM("LLM05"), .cisDocker("5.13"), .sheet("Triton: Enforce GPU and Memory Isolation"),
            .sheet("Triton: Secure Model Repository Configuration"),
        ],
        bad: [
            .service("image: triton:1.0\nvolumes:\n- ./models:/models"),
            .service("image: triton:1.0\nvolumes:\n- type: bind\n  source: ./repo\n  target: /model_repository"),
            .script("docker run -v $PWD/model_repository:/models triton:1.0 tritonserver --model-repository=/models"),
            .container("volumeMounts:\n- name: m\n  mountPath: /models"),
            .service("image: triton:1.0\ncommand: tritonserver --model-repository=/srv/a\nvolumes:\n- ./a:/srv/a"),
        ],
        good: [
            .service("image: triton:1.0\nvolumes:\n- ./models:/models:ro"),
            .script("docker run --mount type=bind,src=/srv/models,dst=/models,readonly triton:1.0"),
            .container("volumeMounts:\n- name: m\n  mountPath: /models\n  readOnly: true"),
            .service("image: triton:1.0\nvolumes:\n- ./data:/data"),
        ],
        checks: [
            .container { container, findings in
                let repositories = repositories(of: container)
                for mount in container.mounts where isRepository(mount, repositories) && !container.isTransient {
                    findings.add(
                        mount.place,
                        "\(container.described) can write the models at \(Printed.quoted(mount.target))",
                        weaker: mount.kind == .temporary ? .note : nil,
                        fix: fix(mount, of: container)
                    )
                }
            }
        ]
    )

    /// Directories that the container's server is told to load models from.
    private static func repositories(of container: Container) -> Set<String> {
        let flags = container.sequences.joined().compactMap { ServerCommand($0) }.flatMap {
            $0.all("model-repository") + $0.all("model-store")
        }
        return Set(flags.compactMap { $0.value?.text })
    }

    private static func isRepository(_ mount: Mount, _ repositories: Set<String>) -> Bool {
        guard !mount.isReadOnly, mount.kind != .injected else { return false }
        if repositories.contains(mount.target) { return true }
        let names = mount.target.lowercased().split(separator: "/")
        return names.contains { name in
            ["models", "model", "model_repository", "model-repository", "model_repo", "model-store", "model_store"]
                .contains(String(name))
        }
    }

    private static func fix(_ mount: Mount, of container: Container) -> Fix? {
        switch container.origin {
        case .kubernetes:
            return .add("readOnly: true", behind: mount.place, key: "mountPath", in: container.lines)
        case .compose, .fragment:
            let text = mount.source + ":" + mount.target
            return .replace(text, at: mount.place, with: text + ":ro", in: container.lines)
        case .command, .exec, .build:
            return nil
        }
    }
}
