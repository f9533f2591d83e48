// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerSecretFileInImage = Rule(
        id: "BKL-D021",
        title: "File of secrets is copied into the image",
        severity: .error,
        why:
            "A layer keeps what was copied into it, also if a later one deletes it: whoever gets the image gets the keys.",
        mend: "List the file in .dockerignore; give it when the container starts, or by `RUN --mount=type=secret`.",
        references: [.cwe(200), .cwe(538), .cisDocker("4.10"), .sheet("BentoML: Secure Bento Building and Signing")],
        bad: [
            .dockerfile("FROM python:3.11-slim\nCOPY .env /app/.env"),
            .dockerfile("FROM python:3.11-slim AS build\nADD id_rsa /root/.ssh/\nFROM python:3.11-slim"),
            .dockerfile("FROM python:3.11-slim\nCOPY [\"certs/server.key\", \"/certs/\"]"),
            .dockerfile("FROM debian:12\nRUN --mount=type=secret,id=k cp /run/secrets/k /app/"),
            .dockerfile("FROM debian:12\nRUN --mount=type=secret,id=k cat /run/secrets/k > /app/k"),
            .dockerfile("FROM debian:12\nRUN --mount=type=secret,target=/k,id=a echo \"key=$(cat /k)\" | tee /app/k"),
            .dockerfile("FROM debian:12\nRUN --mount=type=secret,id=k,env=KEY sh -c 'echo key=$KEY >> /app/k'"),
        ],
        good: [
            .dockerfile("FROM python:3.11-slim\nCOPY .env.example service.py /app/"),
            .dockerfile("FROM python:3.11-slim\nRUN --mount=type=secret,id=env,target=/app/.env ./build"),
            .dockerfile("FROM debian:12\nRUN --mount=type=secret,id=k KEY=$(cat /run/secrets/k) ./build > /log"),
            .dockerfile(
                "FROM debian:12\nRUN --mount=type=secret,id=k cp /run/secrets/k ~/.netrc && make && rm ~/.netrc"
            ),
            .dockerfile("FROM debian:12\nRUN --mount=type=secret,id=k cat /run/secrets/k | ./login >/dev/null 2>&1"),
        ],
        checks: [
            .dockerfile { file, findings in
                for instruction in file.instructions where ["COPY", "ADD"].contains(instruction.keyword) {
                    for word in instruction.words.dropLast() where SecretFiles.isSecret(word.text) {
                        findings.add(
                            word.place,
                            "\(instruction.keyword) puts \(Printed.quoted(word.text)), a file of secrets, into the image"
                        )
                    }
                }
                for instruction in file.instructions where instruction.keyword == "RUN" {
                    for (word, command) in MountedSecrets(instruction).kept {
                        findings.add(
                            word.place,
                            "\(Printed.quoted(command.program)) leaves a mounted secret in the image, in \(Printed.quoted(word.text))"
                        )
                    }
                }
            }
        ]
    )
}

/// Tells files of secrets by their names.
enum SecretFiles {
    static func isSecret(_ path: String) -> Bool {
        let names = path.split(separator: "/").map { $0.lowercased() }
        guard let name = names.last else { return false }
        if names.contains(where: { [".ssh", ".aws", ".kube", ".gnupg", "secrets"].contains($0) }) { return true }
        if exact.contains(name) || endings.contains(where: name.hasSuffix) { return true }
        let isSample = ["example", "sample", "template", "dist"].contains { name.hasSuffix("." + $0) }
        return name.hasPrefix(".env.") && !isSample
    }

    private static let exact: Set<String> = [
        ".env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pypirc", ".pgpass", ".git-credentials",
        ".htpasswd", "credentials.json", "service-account.json", "kubeconfig", ".dockercfg",
    ]
    private static let endings = [".key", ".p12", ".pfx", ".jks", ".keystore", "-key.pem", "_key.pem", ".kdbx"]
}
