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
}
