// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerSecretInEnvironment = Rule(
        id: "BKL-D020",
        title: "Secret is written out",
        severity: .error,
        why: """
            What is written in a Dockerfile is in every layer, history and copy of the image; what is written in a manifest \
            is in the repository. Everyone who can read either has the secret, also after it was deleted.
            """,
        mend: """
            Give it when the container starts: `secretKeyRef`, compose `secrets`, `${NAME}` from the surroundings; while an \
            image is built, `RUN --mount=type=secret`.
            """,
        references: [
            .cwe(798), .cwe(200), .cwe(312), .cisDocker("4.10"), .kubeLinter("env-var-secret"),
            .kubeLinter("read-secret-from-env-var"), .kubesec("SecretsAsEnvironmentVariables"), .checkov("CKV_K8S_35"),
            .trivy("DS-0031"), .trivy("KSV-0109"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .dockerfile("FROM python:3.11-slim\nENV API_KEY=secret123"),
            .dockerfile("FROM python:3.11-slim AS build\nARG DB_PASSWORD=hunter2\nFROM python:3.11-slim"),
            .dockerfile("FROM python:3.11-slim\nARG HF_TOKEN\nRUN huggingface-cli download x"),
            .dockerfile("FROM python:3.11-slim\nRUN export AWS_SECRET_ACCESS_KEY=abcdefgh && aws s3 ls"),
            .service("image: triton:1.0\nenvironment:\n- API_KEY=secret123"),
            .service("image: triton:1.0\nenvironment:\n  DATABASE_URL: postgres://app:hunter2@db/app"),
            .service("image: triton:1.0\nenvironment:\n  DB_PASSWORD: ${DB_PASSWORD:-hunter2}"),
            .container("env:\n- name: API_TOKEN\n  value: secret123"),
            .container("env:\n- name: API_KEY\n  value: your-api-key-here"),
            .script("docker run -e DB_PASSWORD=hunter2 triton:1.0"),
            .file("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  api-key: secret123\n"),
        ],
        good: [
            .dockerfile("FROM python:3.11-slim\nENV MAX_TOKENS=4096 TOKENIZERS_PARALLELISM=false"),
            .dockerfile(
                "FROM python:3.11-slim\nRUN --mount=type=secret,id=HF_TOKEN HF_TOKEN=$(cat /run/secrets/HF_TOKEN) ./get"
            ),
            .service("image: triton:1.0\nenvironment:\n- API_KEY\n- DB_PASSWORD=${DB_PASSWORD}"),
            .service("image: triton:1.0\nenvironment:\n  API_KEY_FILE: /run/secrets/api_key"),
            .container("env:\n- name: API_KEY\n  valueFrom:\n    secretKeyRef: {name: keys, key: api}"),
            .script("docker run -e DB_PASSWORD -e TOKEN=$TOKEN triton:1.0"),
        ],
        checks: [
            .dockerfile { file, findings in
                for instruction in file.instructions where ["ENV", "ARG", "LABEL"].contains(instruction.keyword) {
                    for pair in instruction.pairs { judge(pair, of: instruction, &findings) }
                }
            },
            .container { container, findings in
                for variable in container.environment { judge(variable, in: container.described, &findings) }
            },
            .workload { workload, findings in
                guard workload.kind == "ConfigMap" else { return }
                for entry in workload.entries { judge(entry, in: workload.described, &findings) }
            },
            .shellScript { script, findings in
                for command in script.commands { judge(command, isBuild: script.origin == .build, &findings) }
            },
        ],
        hidesLine: true
    )

    private static func judge(
        _ pair: (name: Located<String>, value: ShellWord?),
        of instruction: DockerInstruction,
        _ findings: inout Findings
    ) {
        let name = pair.name.value
        if let value = pair.value, let evidence = SecretShapes.evidence(name: name, value: value.text) {
            findings.add(
                pair.name.place,
                "\(instruction.keyword) \(secret(name, evidence)), for everyone who has the image",
                weaker: weaker(value.text, evidence)
            )
        } else if instruction.keyword == "ARG", pair.value == nil, SecretShapes.isSecretName(name) {
            findings.add(
                pair.name.place,
                "the build argument \(Printed.quoted(name)) stays in the image's history, whatever it is given",
                weaker: .warning
            )
        }
    }

    private static func judge(_ variable: EnvironmentVariable, in owner: String, _ findings: inout Findings) {
        guard let value = variable.value else { return }
        guard let evidence = SecretShapes.evidence(name: variable.name.value, value: value.value) else { return }
        findings.add(
            value.place,
            "\(owner) \(secret(variable.name.value, evidence))",
            weaker: weaker(value.value, evidence)
        )
    }

    private static func judge(_ command: ShellCommand, isBuild: Bool, _ findings: inout Findings) {
        let isSetting = ["export", "declare", "local", "readonly"].contains(command.program)
        let set = command.assignments + (isSetting ? command.arguments.compactMap(\.assignment) : [])
        for assignment in set where !assignment.value.isExpanded {
            let (name, value) = (assignment.name, assignment.value)
            guard let evidence = SecretShapes.evidence(name: name, value: value.text) else { continue }
            let owner = isBuild ? "RUN" : "a command"
            findings.add(value.place, "\(owner) \(secret(name, evidence))", weaker: weaker(value.text, evidence))
        }
        for word in command.words where !word.isExpanded {
            guard let kind = SecretShapes.shape(of: word.text) else { continue }
            findings.add(word.place, "\(Printed.quoted(command.program)) is given \(kind) that is written out")
        }
    }

    private static func weaker(_ value: String, _ evidence: SecretShapes.Evidence) -> Severity? {
        if case .name = evidence { SecretShapes.weaker(value) } else { nil }
    }

    private static func secret(_ name: String, _ evidence: SecretShapes.Evidence) -> String {
        switch evidence {
        case .name: "writes out the secret \(Printed.quoted(name))"
        case .shape(let kind): "writes out \(kind) as \(Printed.quoted(name))"
        }
    }
}
