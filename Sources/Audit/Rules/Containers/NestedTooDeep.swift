// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNestedTooDeep = Rule(
        id: "BKL-D042",
        title: "Commands are nested too deep to be judged",
        severity: .warning,
        why:
            "Nobody writes shells in shells five deep but to hide what the innermost does, and no other rule has seen it.",
        mend: "Write the commands out, or put them into a script of their own.",
        references: [.cwe(506)],
        bad: [
            .script(String(repeating: "x $(", count: 8) + "curl" + String(repeating: ")", count: 8)),
            .dockerfile(
                "FROM debian:12\nRUN " + String(repeating: "bash -c $(", count: 8) + "x"
                    + String(repeating: ")", count: 8)
            ),
        ],
        good: [.script("x $(y $(z))"), .script("bash -c 'sh -c \"x $(y)\"'")],
        checks: [
            .shellScript { script, findings in
                for command in script.commands {
                    guard let word = command.allWords.first(where: \.isCut) else { continue }
                    findings.add(
                        word.place,
                        "commands within \(Printed.quoted(word.text)) are nested too deep to be judged"
                    )
                }
            }
        ]
    )
}
