// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let oddFile = Rule(
        id: "BKL-R005",
        title: "Neither file nor directory in a model's directory",
        severity: .error,
        why:
            "A FIFO or device gives whoever reads it other bytes each time, or none at all and the reader waits for ever.",
        mend: "Remove it.",
        references: [.cwe(20)],
        bad: [],
        good: [.config("")],
        checks: [
            .modelDirectory { model, findings in
                for entry in model.entries {
                    guard case .special(let what) = entry.kind else { continue }
                    findings.add(Place(entry.path), "\(Printed.quoted(entry.name)) is \(what)")
                }
            }
        ]
    )

    static let openPermissions = Rule(
        id: "BKL-R006",
        title: "Model files that others may change or that run as their owner",
        severity: .error,
        why: """
            A model that any user of the machine may write to is whatever that user wants it to be at the next load; a \
            set-user-id bit on a file that a model brings is a way to another user's rights.
            """,
        mend: "chmod -R u-s,g-s,o-w,g-w on the model's directory.",
        references: [.cwe(732)],
        bad: [],
        good: [.config("")],
        checks: [
            .modelDirectory { model, findings in
                for entry in model.entries {
                    let name = Printed.quoted(entry.name)
                    if case .link = entry.kind { continue }
                    if entry.kind == .file, entry.mode & 0o6000 != 0 {
                        findings.add(Place(entry.path), "\(name) runs with the rights of its owner or group")
                    }
                    // In a sticky directory, one may only remove what is one's own.
                    if entry.mode & 0o002 != 0, entry.mode & 0o1000 == 0 {
                        findings.add(Place(entry.path), "every user of the machine may write to \(name)")
                    } else if entry.mode & 0o020 != 0 {
                        findings.add(Place(entry.path), "a group may write to \(name)", weaker: .note)
                    }
                }
            }
        ]
    )

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
