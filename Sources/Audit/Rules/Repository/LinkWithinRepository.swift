// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let linkWithinRepository = Rule(
        id: "BKL-R003",
        title: "Symbolic link in a model's directory",
        severity: .warning,
        why: """
            What a link leads to can be exchanged without touching the model's directory, and is not covered when the \
            directory is copied, signed or compared.
            """,
        mend: "Copy the file into the model's directory.",
        references: [.cwe(59)],
        bad: [],
        good: [.config("")],
        checks: [
            .modelDirectory { model, findings in
                for entry in model.entries {
                    guard case .link(let text, let target) = entry.kind, target != .outsideRoot else { continue }
                    let leads = target == .nothing ? "to nothing" : "to \(Printed.quoted(text))"
                    findings.add(Place(entry.path), "\(Printed.quoted(entry.name)) is a link \(leads)")
                }
            }
        ]
    )
}
