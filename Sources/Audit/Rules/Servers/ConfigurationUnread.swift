// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverConfigurationUnread = Rule(
        id: "BKL-N022",
        title: "BentoML's configuration is in the image and is not read",
        severity: .warning,
        why:
            "BentoML reads the one file that BENTOML_CONFIG names: without it timeouts, limits, addresses and TLS are its defaults.",
        mend: "ENV BENTOML_CONFIG=/path/to/configuration.yaml, or the same in what starts the container.",
        references: [.cwe(1188), .owasp("A02:2025"), .sheet("BentoML: Implement Secure BentoML Services")],
        bad: [
            .dockerfile(
                "FROM python:3.11-slim\nCOPY service.py configuration.yaml /app/\nWORKDIR /app\n"
                    + "CMD [\"bentoml\", \"serve\", \"service:svc\"]"
            ),
            .dockerfile(
                "FROM python:3.11-slim AS build\nCOPY bentoml_configuration.yaml /app/\nENV BENTOML_CONFIG=/app/a.yaml\n"
                    + "FROM python:3.11-slim\nCOPY --from=build /app /app\nENTRYPOINT exec bentoml serve service:svc"
            ),
        ],
        good: [
            .dockerfile(
                "FROM python:3.11-slim\nCOPY configuration.yaml /app/\nENV BENTOML_CONFIG=/app/configuration.yaml\n"
                    + "CMD [\"bentoml\", \"serve\", \"service:svc\"]"
            ),
            .dockerfile(
                "FROM python:3.11-slim\nCOPY configuration.yaml /app/\n"
                    + "CMD BENTOML_CONFIG=/app/configuration.yaml bentoml serve service:svc"
            ),
            .files([
                "Dockerfile": "FROM python:3.11-slim\nCOPY configuration.yaml /app/\nCMD bentoml serve service:svc\n",
                "compose.yaml":
                    "services:\n  iris:\n    build: .\n    environment: [BENTOML_CONFIG=/app/configuration.yaml]\n",
            ]),
            .dockerfile("FROM nginx:1.27\nCOPY configuration.yaml /etc/a/\nCMD [\"nginx\"]"),
            .dockerfile("FROM python:3.11-slim\nCOPY service.py /app/\nCMD bentoml serve service:svc"),
        ],
        checks: [
            .project { project, findings in
                guard !project.containers.contains(where: { $0.environment.contains { $0.name.value == variable } })
                else { return }
                for file in project.dockerfiles where !file.isTemplate && !isNamed(file) && startsBento(file) {
                    guard let packed = packedConfiguration(file) else { continue }
                    findings.add(
                        packed.place,
                        "the image has \(Printed.quoted(packed.text)) and sets no \(variable): bentoml serve does not read it"
                    )
                }
            }
        ]
    )

    private static let variable = "BENTOML_CONFIG"

    /// By `ENV`, or before the command that starts the server.
    private static func isNamed(_ file: Dockerfile) -> Bool {
        let settings = file.finalStages.flatMap(\.instructions).filter { $0.keyword == "ENV" }.flatMap(\.pairs)
        if settings.contains(where: { $0.name.value == variable }) { return true }
        return started(file).contains { command in
            command.assignments.contains { $0.name == variable }
                || command.words.contains { $0.text.hasPrefix(variable + "=") }
        }
    }

    private static func startsBento(_ file: Dockerfile) -> Bool {
        started(file).contains { ServerCommand($0)?.program == .bento }
    }

    private static func started(_ file: Dockerfile) -> [ShellCommand] {
        file.scripts.filter { $0.origin == .container }.flatMap(\.commands)
    }

    /// By its name, in whichever stage it is copied first.
    private static func packedConfiguration(_ file: Dockerfile) -> ShellWord? {
        let copies = file.instructions.filter { ["COPY", "ADD"].contains($0.keyword) && $0.flag("from") == nil }
        return copies.lazy.flatMap { $0.words.dropLast() }.first { source in
            FileKinds.isBentoConfiguration(path: source.text)
        }
    }
}
