// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerShellForm = Rule(
        id: "BKL-D039",
        title: "Server is started by a shell",
        severity: .note,
        why: """
            In shell form a shell is process 1: it keeps the signal to stop from the server, which is then killed in the \
            middle of requests, and it puts in variables that others may set.
            """,
        mend: "Write an array: `CMD [\"bentoml\", \"serve\", \"service:svc\"]`.",
        references: [.cwe(78), .hadolint("DL3025")],
        bad: [
            .dockerfile("FROM debian:12\nCMD bentoml serve service:svc"),
            .dockerfile("FROM debian:12\nENTRYPOINT tritonserver --model-repository=$MODELS"),
        ],
        good: [
            .dockerfile("FROM debian:12\nCMD [\"bentoml\", \"serve\"]"),
            .dockerfile("FROM debian:12\nENTRYPOINT exec tritonserver --model-repository=/models"),
        ],
        checks: [
            .dockerfile { file, findings in
                for keyword in ["CMD", "ENTRYPOINT"] {
                    guard let instruction = file.last(keyword), !instruction.isExec else { continue }
                    guard instruction.commands.first?.program != "exec" else { continue }
                    findings.add(instruction.place, "\(keyword) is run by a shell, which is then process 1")
                }
            }
        ]
    )
}
