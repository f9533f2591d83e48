// SPDX-License-Identifier: Apache-2.0

extension Rule {
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
}
