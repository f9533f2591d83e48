// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerWholeContextCopied = Rule(
        id: "BKL-D022",
        title: "Everything is copied into the image",
        severity: .warning,
        why: """
            `COPY . .` takes whatever lies beside the Dockerfile when the image is built: keys, .env, the history of the \
            repository, data that nobody meant to ship.
            """,
        mend: "Copy what is needed by name, or list in .dockerignore what is not.",
        references: [.cwe(200), .cwe(538), .cisDocker("4.10"), .sheet("BentoML: Secure Bento Building and Signing")],
        bad: [
            .files(["Dockerfile": "FROM python:3.11-slim\nCOPY . .\n", ".env": "A=b\n"]),
            .dockerfile("FROM python:3.11-slim\nCOPY --chown=app:app . /app"),
        ],
        good: [
            .files(["Dockerfile": "FROM python:3.11-slim\nCOPY . .\n", ".dockerignore": ".env\n"]),
            .dockerfile("FROM python:3.11-slim\nCOPY service.py requirements.txt ./"),
            .dockerfile("FROM python:3.11-slim AS a\nFROM scratch\nCOPY --from=a . /x"),
        ],
        checks: [
            .project { project, findings in
                let paths = Set(project.entries.map(\.path))
                let secrets = project.entries.filter { $0.kind == .file && SecretFiles.isSecret($0.path) }.map(\.path)
                for file in project.dockerfiles { judge(file, paths, secrets, &findings) }
            }
        ]
    )

    private static func judge(_ file: Dockerfile, _ paths: Set<String>, _ secrets: [String], _ findings: inout Findings)
    {
        let directory = file.path.lastIndex(of: "/").map { String(file.path[...$0]) } ?? ""
        // The context is the Dockerfile's directory, or that of the whole project.
        let ignores = [directory + ".dockerignore", file.path + ".dockerignore", ".dockerignore"]
        guard !ignores.contains(where: paths.contains) else { return }
        for instruction in file.instructions where ["COPY", "ADD"].contains(instruction.keyword) {
            guard instruction.flag("from") == nil else { continue }
            let whole = instruction.words.dropLast().first { [".", "./", "*", "./*", "/"].contains($0.text) }
            guard let whole else { continue }
            let secret = secrets.first { $0.hasPrefix(directory) }
            findings.add(
                whole.place,
                secret.map {
                    "all files are copied into the image, with \(Printed.quoted($0)), and there is no .dockerignore"
                }
                    ?? "all files are copied into the image, and there is no .dockerignore",
                weaker: secret == nil ? .note : nil
            )
        }
    }
}
