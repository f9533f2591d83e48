// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNestedTooDeep = Rule(
        id: "BKL-D042",
        title: "Commands are too many, or nested too deep, to be judged",
        severity: .error,
        why:
            "Nobody writes shells in shells five deep, or tens of thousands of commands, but to hide what one of them does, and no other rule has seen it.",
        mend: "Write the commands out, or put them into a script of their own.",
        references: [.cwe(506)],
        bad: [
            .script(String(repeating: "x $(", count: 8) + "curl" + String(repeating: ")", count: 8)),
            .dockerfile(
                "FROM debian:12\nRUN " + String(repeating: "bash -c $(", count: 8) + "x"
                    + String(repeating: ")", count: 8)
            ),
            .dockerfile(
                "FROM debian:12\nRUN " + String(repeating: "a && ", count: 51_000) + "docker run --privileged b"
            ),
            .script("a='" + String(repeating: " ", count: 70_000) + "--privileged'; docker run $a b"),
            .script("a=xxxxxxxx\n" + String(repeating: "a=$a$a$a$a$a$a$a$a\n", count: 9)),
            .script(
                "a='" + String(repeating: "x ", count: 2000) + "'\n" + String(repeating: "b $a\n", count: 2000)
            ),
        ],
        good: [.script("x $(y $(z))"), .script("bash -c 'sh -c \"x $(y)\"'")],
        checks: [
            .shellScript { script, findings in
                for command in script.commands {
                    let word = command.allWords.first(where: \.isCut)
                    guard let name = word?.text ?? (command.isCut ? command.program : nil) else { continue }
                    findings.add(
                        word?.place ?? command.place,
                        "what is within or behind \(Printed.quoted(name)) is too much, or nested too deep, to be judged"
                    )
                }
            }
        ]
    )
}
