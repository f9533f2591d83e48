// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let hardLink = Rule(
        id: "BKL-R007",
        title: "Model file has other names",
        severity: .warning,
        why: """
            A hard link is a file by another name: whoever may write to it there changes the model here, and a link to a \
            file that its maker could not read makes the server read it for him (CVE-2026-34446).
            """,
        mend: "Copy the file: 'cp --remove-destination' gives it one name.",
        references: [.cwe(59), .cve("CVE-2026-34446")],
        bad: [],
        good: [.config("")],
        checks: [
            .modelDirectory { model, findings in
                for entry in model.entries where entry.kind == .file && entry.linkCount > 1 {
                    findings.add(
                        Place(entry.path),
                        "\(Printed.quoted(entry.name)) has \(entry.linkCount) names on its disk: it can be changed by another"
                    )
                }
            }
        ]
    )
}
