// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerRelativeWorkdir = Rule(
        id: "BKL-D038",
        title: "WORKDIR is relative",
        severity: .note,
        why: "Where files end up then depends on the image that this one is made from, which may be changed by others.",
        mend: "Write an absolute path.",
        references: [.cwe(706), .checkov("CKV_DOCKER_10"), .trivy("DS-0009"), .hadolint("DL3000")],
        bad: [.dockerfile("FROM debian:12\nWORKDIR app")],
        good: [.dockerfile("FROM debian:12\nWORKDIR /app"), .dockerfile("FROM debian:12\nWORKDIR ${HOME}/app")],
        checks: [
            .dockerfile { file, findings in
                for instruction in file.instructions where instruction.keyword == "WORKDIR" {
                    guard let path = instruction.words.first, let first = path.text.first else { continue }
                    guard first != "/", first != "$", !path.text.contains(":\\") else { continue }
                    findings.add(
                        path.place,
                        "WORKDIR \(Printed.quoted(path.text)) is relative to that of the image before"
                    )
                }
            }
        ]
    )
}
