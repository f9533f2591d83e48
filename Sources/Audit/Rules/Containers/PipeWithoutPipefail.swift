// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerPipeWithoutPipefail = Rule(
        id: "BKL-D040",
        title: "A failed download may go unnoticed",
        severity: .note,
        why:
            "Only the last command of a pipe decides whether RUN fails: a download that was cut short is built in all the same.",
        mend: "Write `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]`, or load into a file and check it.",
        references: [.cwe(390), .hadolint("DL4006")],
        bad: [.dockerfile("FROM debian:12\nRUN curl -fsSL https://example.org/a.tar | tar -x")],
        good: [
            .dockerfile(
                "FROM debian:12\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n"
                    + "RUN curl -fsSL https://example.org/a.tar | tar -x"
            ),
            .dockerfile("FROM debian:12\nRUN set -o pipefail && curl -fsSL https://example.org/a.tar | tar -x"),
            .dockerfile("FROM debian:12\nRUN ls | wc -l"),
        ],
        checks: [
            .dockerfile { file, findings in
                for stage in file.stages { judge(stage, &findings) }
            }
        ]
    )

    private static func judge(_ stage: DockerStage, _ findings: inout Findings) {
        var hasPipefail = false
        for instruction in stage.instructions {
            if instruction.keyword == "SHELL" {
                hasPipefail = instruction.words.contains { $0.text.contains("pipefail") }
            }
            guard instruction.keyword == "RUN", !hasPipefail, !instruction.isExec else { continue }
            let commands = instruction.commands
            if commands.contains(where: { $0.program == "set" && $0.has("pipefail") }) { continue }
            for command in commands where command.connector == .pipe && ["curl", "wget"].contains(command.program) {
                findings.add(
                    command.place,
                    "\(Printed.quoted(command.program)) may fail in a pipe without failing the build"
                )
            }
        }
    }
}
