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
            .service(
                "image: a:1.0\nenvironment:\n  CREDENTIALS: '{\"type\": \"service\", \"private\": \"a1b2c3d4e5\"}'"
            ),
            .dockerfile("FROM python:3.11-slim\nENV API_KEY=secret123"),
            .dockerfile("FROM python:3.11-slim AS build\nARG DB_PASSWORD=hunter2\nFROM python:3.11-slim"),
            .dockerfile("FROM python:3.11-slim\nARG HF_TOKEN\nRUN huggingface-cli download x"),
            .dockerfile("FROM python:3.11-slim\nRUN export AWS_SECRET_ACCESS_KEY=abcdefgh && aws s3 ls"),
            .dockerfile("FROM python:3.11-slim\nCOPY <<EOF /etc/app.env\nA=b\nexport API_KEY='secret123'\nEOF"),
            .dockerfile("FROM python:3.11-slim\nCOPY <<A <<B /etc/\nx\nA\n  password: hunter2\nB"),
            .dockerfile("FROM python:3.11-slim\nADD <<EOF /k.pem\n-----BEGIN RSA PRIVATE KEY-----\nEOF"),
            .dockerfile("FROM python:3.11-slim\nRUN cat <<EOF >/etc/app.ini\n[db]\ndb_password = hunter2\nEOF"),
            .script("tee /etc/app.json <<EOF\n{\n  \"api_key\": \"secret123\",\n}\nEOF"),
            .service("image: triton:1.0\nenvironment:\n- API_KEY=secret123"),
            .service("image: triton:1.0\nenvironment:\n  DATABASE_URL: postgres://app:hunter2@db/app"),
            .service("image: triton:1.0\nenvironment:\n  DB_PASSWORD: ${DB_PASSWORD:-hunter2}"),
            .service("image: triton:1.0\nenvironment:\n- DATABASE_URL=postgres://app:${PASS:-${OLD-hunter2}}@db/app"),
            .service("build:\n  context: .\n  args:\n    PIP_TOKEN: hunter2-4711"),
            .script("docker build --build-arg HF_TOKEN=hunter2-4711 -t triton:1.0 ."),
            .script("docker buildx build -t triton:1.0 . --push --build-arg=HF_TOKEN=hunter2-4711"),
            .script("docker exec -e DB_PASSWORD=hunter2 web ./migrate"),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\nconfigs:\n  app:\n    content: |\n      db_password=hunter2\n"
            ),
            .container("env:\n- name: API_TOKEN\n  value: secret123"),
            .container("env:\n- name: API_KEY\n  value: your-api-key-here"),
            .script("docker run -e DB_PASSWORD=hunter2 triton:1.0"),
            .service("image: triton:1.0\nenvironment:\n  DB_PASSWORD: \"84619273\""),
            .container("env:\n- name: DB_PASSWORD\n  value: \"84619273\""),
            .service("image: triton:1.0\nenvironment:\n  DATABASE_URL: postgres://app:84619273@db/app"),
            .service("image: triton:1.0\nenvironment:\n  DB_PASSWORD: \"$$Zk3vQ9mT1xLw\""),
            .service("image: triton:1.0\nenvironment:\n  DB_PASSWORD: \"Zk3vQ9mT$$\""),
            .service("image: triton:1.0\nenvironment:\n  PGPASSWORD: hunter2"),
            .service("image: triton:1.0\nlabels:\n  token: ghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z0123"),
            .service("image: triton:1.0\nlabels: [app.key=ghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z0123]"),
            .service(
                "image: triton:1.0\nenvironment:\n  HOOK: https://hooks.slack.com/services/T0A1/B0C2/aB3dE5fG7hI9jK1lM3nO5p"
            ),
            .container("args: [\"--api-key=sk-proj-8fK2jQ0zLmXv4Ns7RtYbWc1D\"]"),
            .service("image: triton:1.0\ncommand: serve --token=ghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z0123"),
            .service("image: triton:1.0\ncommand: [\"--admin-password\", \"hunter2hunter2\"]"),
            .script("curl -u admin:Zk3vQ9mT1xLw https://e.example/x -o x"),
            .script("curl -fsSu admin:Zk3vQ9mT1xLw https://e.example/x -o x"),
            .script("curl -H \"Authorization: Bearer sk-proj-8fK2jQ0zLmXv4Ns7RtYbWc1D\" https://e.example"),
            .script("curl --header 'X-Api-Key: Zk3vQ9mT1xLw' https://e.example"),
            .script("docker login -u me -p Zk3vQ9mT1xLw registry.example"),
            .script("echo Zk3vQ9mT1xLw | docker login -u me --password-stdin registry.example"),
            .dockerfile("FROM debian:12\nRUN echo 'root:Zk3vQ9mT1xLw' | chpasswd"),
            .script("mysql -uroot -pZk3vQ9mT1xLw db < dump.sql"),
            .script("sshpass -p Zk3vQ9mT1xLw ssh host"),
            .script("aws configure set aws_secret_access_key wJ8rXUtnFEMI9K7MDENG2bPxRfiCY3zQpLkVbNm4"),
            .script("gh auth login --with-token <<< ghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z0123"),
            .script("kubectl create secret generic db --from-literal=key=Zk3vQ9mT1xLw"),
            .script("helm install db ./db --set auth.password=Zk3vQ9mT1xLw"),
            .script("echo 'machine e.example login me password Zk3vQ9mT1xLw' > ~/.netrc"),
            .file("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  api-key: secret123\n"),
        ],
        good: [
            .file(
                "configmap.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\ndata:\n  credentials: |-\n"
                    + "    {\n      \"storageSpecSecretName\": \"storage-config\",\n"
                    + "      \"storageSecretNameAnnotation\": \"serving.kserve.io/storageSecretName\",\n"
                    + "      \"gcs\": {\"gcsCredentialFileName\": \"gcloud-application-credentials.json\"},\n"
                    + "      \"s3\": {\"s3AccessKeyIDName\": \"AWS_ACCESS_KEY_ID\", \"s3UseHttps\": \"\"}\n    }\n"
            ),
            .file(
                "configmap.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  _example: |-\n    credentials: |-\n"
                    + "      {\n        \"storageSpecSecretName\": \"storage-config\"\n      }\n"
            ),
            .service("image: a:1.0\nenvironment: {IMAGE_PULL_SECRET: registry-key, EXISTING_SECRET: db-login}"),
            .dockerfile("FROM python:3.11-slim\nENV MAX_TOKENS=4096 TOKENIZERS_PARALLELISM=false"),
            .dockerfile("FROM python:3.11-slim\nENV PASSWORD_HASHER=argon2 TOKEN_PREFIX=bearer"),
            .dockerfile(
                "FROM python:3.11-slim\nRUN --mount=type=secret,id=HF_TOKEN HF_TOKEN=$(cat /run/secrets/HF_TOKEN) ./get"
            ),
            .dockerfile(
                "FROM python:3.11-slim\nCOPY <<EOF /app.py\ntoken = tokenizer(text)\npassword = os.environ['P']\nEOF"
            ),
            .dockerfile("FROM python:3.11-slim\nCOPY <<EOF /app.env\nAPI_KEY=${API_KEY}\nPASSWORD_FILE=/run/p\nEOF"),
            .service("image: triton:1.0\nenvironment:\n- API_KEY\n- DB_PASSWORD=${DB_PASSWORD}"),
            .service("image: triton:1.0\nenvironment:\n  API_KEY_FILE: /run/secrets/api_key"),
            .container("env:\n- name: API_KEY\n  valueFrom:\n    secretKeyRef: {name: keys, key: api}"),
            .script("docker run -e DB_PASSWORD -e TOKEN=$TOKEN triton:1.0"),
            .service(
                "image: triton:1.0\nenvironment:\n  DB_PASSWORD: $$DB_PASSWORD\n  A_SECRET: $$(cat x)\n  PORT: 8080"
            ),
            .service(
                "image: triton:1.0\nenvironment:\n"
                    + "  PASSWORD_LENGTH: 8461\n  MAX_TOKENS: '84619273'\n  PAD_TOKEN: '50256'\n  PASSWORD_MIN: '1000'"
            ),
            .service("image: triton:1.0\nlabels: {prometheus.token: \"true\", version: sk-learn-classification-2}"),
            .script("serve --model=sk-learn-text-classification-v2 --pad-token=50256 --token-file=/run/secrets/t"),
            .script(
                "curl -u \"$USER:$PASSWORD\" https://e.example; curl -H \"Authorization: Bearer $T\" https://e.example"
            ),
            .script("curl -H 'Content-Type: application/json' -d '{}' https://e.example"),
            .script("docker login -u me --password-stdin registry.example < /run/secrets/registry"),
            .script(
                "docker run -p 8000:8000 -u 1000:1000 triton:1.0; mkdir -p a1b2c3d4; mysql -p db1; unzip -p a1b2.zip"
            ),
            .script("docker build --secret id=token1,src=token1.txt ."),
            .script("kubectl create secret generic db --from-literal=key=$KEY --from-file=a1b2c3d4"),
            .script("aws configure set region eu-central-1"),
            .script("python3 client.py --private-key client2.key --token-file token1.txt"),
            .script("pytest -k token=1234567 --durations=10; grep password: config-2026.yaml"),
            .script("curl https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
            .script("docker build --build-arg HF_TOKEN --build-arg TOKEN=$TOKEN --build-arg VERSION=2026 ."),
            .service("build:\n  context: .\n  args:\n    PIP_TOKEN: ${PIP_TOKEN:-}\n    VERSION: '2026'"),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\nconfigs:\n  app:\n    content: |\n      db_password=${DB_PASSWORD}\n"
            ),
        ],
        checks: [
            .dockerfile { file, findings in
                for instruction in file.instructions where ["ENV", "ARG", "LABEL"].contains(instruction.keyword) {
                    for pair in instruction.pairs { judge(pair, of: instruction, &findings) }
                }
                for instruction in file.instructions where ["COPY", "ADD"].contains(instruction.keyword) {
                    for heredoc in instruction.heredocs { judge(heredoc.body, of: instruction.keyword, &findings) }
                }
            },
            .container { container, findings in
                for variable in container.environment { judge(variable, in: container.described, &findings) }
                // A label's name tells less than a variable's.
                for label in container.labels { judge(label, in: container.described, &findings, weaker: .warning) }
            },
            .workload { workload, findings in
                guard workload.kind != "Secret" else { return }
                for entry in workload.entries { judge(entry, in: workload.described, &findings) }
                for setting in workload.settings {
                    judge(setting, in: workload.described, &findings, weaker: .warning)
                }
            },
            .shellScript { script, findings in
                for sequence in script.sequences {
                    for (index, command) in sequence.enumerated() {
                        judge(command, isBuild: script.origin == .build, &findings)
                        let printer = index > 0 && sequence[index - 1].connector == .pipe ? sequence[index - 1] : nil
                        for secret in CommandSecrets.all(in: command, reading: printer) {
                            // The first word may be the secret itself, where a container is given arguments alone.
                            let isFirst = secret.place == command.words.first?.place
                            let owner = isFirst ? "a command" : Printed.quoted(command.program)
                            let message = "\(owner) is given \(secret.what) that is written out"
                            findings.add(secret.place, message, weaker: secret.weaker)
                        }
                    }
                }
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

    private static func judge(
        _ variable: EnvironmentVariable,
        in owner: String,
        _ findings: inout Findings,
        weaker limit: Severity? = nil
    ) {
        guard let value = variable.value else { return }
        guard let evidence = SecretShapes.evidence(name: variable.name.value, value: value.value) else { return }
        var severity = weaker(value.value, evidence) ?? .error
        if !evidence.isIssued { severity = min(severity, limit ?? .error) }
        // What is used if nothing else is given; but a key that was issued is out.
        if variable.isDefault, !evidence.isIssued { severity = min(severity, .warning) }
        findings.add(value.place, "\(owner) \(secret(variable.name.value, evidence))", weaker: severity)
    }

    private static func judge(_ command: ShellCommand, isBuild: Bool, _ findings: inout Findings) {
        if command.program == "cat" || command.program == "tee" {
            for body in command.redirections.compactMap(\.body) { judge(body, of: command.program, &findings) }
        }
        for assignment in command.variables where !assignment.value.isExpanded {
            let (name, value) = (assignment.name, assignment.value)
            guard let evidence = SecretShapes.evidence(name: name, value: value.text) else { continue }
            let owner = isBuild ? "RUN" : "a command"
            var severity = weaker(value.text, evidence)
            // Set for one command that builds, and only of letters: as a rule, for a program that wants to have any.
            if isBuild, !command.words.isEmpty, !command.isDeclaration, isWord(value.text), case .name = evidence {
                severity = min(severity ?? .warning, .warning)
            }
            findings.add(value.place, "\(owner) \(secret(name, evidence))", weaker: severity)
        }
    }

    private static func isWord(_ text: String) -> Bool {
        text.utf8.count <= 32 && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F }
    }

    /// A file that is written out where it is made.
    private static func judge(_ file: SourceText, of owner: String, _ findings: inout Findings) {
        for line in SecretLines.all(in: file) {
            guard let evidence = SecretShapes.evidence(name: line.name, value: line.value) else { continue }
            // A name before a colon has many another meaning.
            let least = line.isAssigned ? weaker(line.value, evidence) : weaker(line.value, evidence) ?? .warning
            let isShape = if case .shape = evidence { true } else { false }
            findings.add(line.place, "\(owner) \(secret(line.name, evidence))", weaker: isShape ? nil : least)
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
