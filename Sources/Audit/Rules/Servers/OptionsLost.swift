// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverOptionsLost = Rule(
        id: "BKL-N019",
        title: "Options are not the server's any more",
        severity: .error,
        why: """
            A comment between continued lines, or a missing backslash, ends the command: the options behind it, often those \
            for TLS, are a command of their own that fails, while the server runs without them.
            """,
        mend: "Move the comment above the command; end each line but the last with a backslash and nothing behind it.",
        references: [.cwe(1188), .cwe(311)],
        bad: [
            .script("tritonserver --model-repository=/models \\\n  # TLS\n  --grpc-use-ssl=true"),
            .script("tritonserver --model-repository=/models\n  --grpc-use-ssl=true"),
        ],
        good: [
            .script("# TLS\ntritonserver --model-repository=/models \\\n  --grpc-use-ssl=true"),
            .dockerfile("FROM triton:1.0\nRUN tritonserver --help \\\n# a comment is no part of it\n  --log-info=true"),
        ],
        checks: [
            .shellScript { script, findings in
                for sequence in script.sequences {
                    for (command, next) in zip(sequence, sequence.dropFirst()) where ServerCommand(command) != nil {
                        guard next.program.hasPrefix("--"), let word = next.words.first else { continue }
                        findings.add(
                            word.place,
                            "\(Printed.quoted(word.text)) is no option of \(Printed.quoted(command.program)): the command ended before it"
                        )
                    }
                }
            }
        ]
    )
}
