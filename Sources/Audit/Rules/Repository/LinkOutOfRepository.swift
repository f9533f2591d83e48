// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let linkOutOfRepository = Rule(
        id: "BKL-R004",
        title: "Symbolic link leads out of the repository",
        severity: .error,
        why: """
            Whoever may write into the repository chooses which file of the server's machine is read as a model: keys, \
            other tenants' models, devices. Triton's path traversals and BentoML's CVE-2026-27905 were of this kind.
            """,
        mend: "Copy the file into the repository, or serve the other directory as a repository of its own.",
        references: [.cwe(59), .cwe(22), .cve("CVE-2026-27905"), .cve("CVE-2026-40610")],
        bad: [],
        good: [.config("")],
        checks: [
            .modelDirectory { model, findings in
                for entry in model.entries {
                    guard case .link(let text, .outsideRoot) = entry.kind else { continue }
                    findings.add(
                        Place(entry.path),
                        "\(Printed.quoted(entry.name)) is a link to \(Printed.quoted(text)), outside of the repository"
                    )
                }
            },
            .project { project, findings in
                let models = Set(project.modelDirectories.map(\.path))
                for entry in project.entries {
                    guard case .link(let text, .outsideRoot) = entry.kind,
                        ModelDirectories.owner(of: entry.path, among: models) == nil
                    else { continue }
                    let link = "\(Printed.quoted(entry.name)) is a link to \(Printed.quoted(text))"
                    let message = "\(link), out of the directory that is audited: nothing behind it was looked at"
                    findings.add(Place(entry.path), message, weaker: .note)
                }
            },
        ]
    )
}
