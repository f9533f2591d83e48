// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerScriptPipedToShell = Rule(
        id: "BKL-D027",
        title: "Script from the network is run unseen",
        severity: .error,
        why: """
            Whoever can change what the address answers, today or later, runs commands in the image as its builder. Over https \
            that is whoever the address belongs to, or has broken in there: a warning. In clear it is everyone on the way.
            """,
        mend: "Load the file, compare its checksum with one that is written here, then run it.",
        references: [.cwe(494), .cwe(829), .owaspLLM("LLM05")],
        bad: [
            .dockerfile("FROM debian:12\nRUN curl -fsSL http://example.org/install.sh | bash"),
            .dockerfile("FROM debian:12\nRUN curl -fsSL https://example.org/install.sh | sudo -E bash -"),
            .dockerfile("FROM debian:12\nRUN bash -c \"$(wget -qO- https://example.org/install.sh)\""),
            .script("wget -qO- https://example.org/get.py | python3"),
            .script("eval \"$(curl -fsSL https://example.org/env)\""),
            .script("bash <(curl -fsSL https://example.org/install.sh)"),
        ],
        good: [
            .dockerfile("FROM debian:12\nRUN curl -fsSLO https://example.org/i.sh && sha256sum -c i.sum && sh i.sh"),
            .script("curl -s https://example.org/status | grep ok"),
            .script("echo 'curl https://example.org | bash'"),
        ],
        checks: [
            .shellScript { script, findings in
                for sequence in script.sequences {
                    for (index, command) in sequence.enumerated() {
                        guard let source = source(of: sequence, at: index) else { continue }
                        let isPlain = source.words.contains { $0.text.contains("http://") }
                        findings.add(
                            source.place,
                            "\(Printed.quoted(command.program)) runs what \(Printed.quoted(source.program)) loads, unseen",
                            weaker: isPlain ? nil : .warning
                        )
                    }
                }
            }
        ]
    )

    private static let loaders: Set<String> = ["curl", "wget", "fetch", "aria2c"]

    /// The command that loads what this one runs.
    private static func source(of sequence: [ShellCommand], at index: Int) -> ShellCommand? {
        let command = sequence[index]
        let isInterpreter =
            ShellCommand.shells.contains(command.program) || ["perl", "ruby", "node"].contains(command.program)
            || command.program.hasPrefix("python")
        guard isInterpreter || ["eval", "source", "."].contains(command.program) else { return nil }
        let inner = command.arguments.prefix(8).flatMap(\.inner)
        if let loader = inner.first(where: { loaders.contains($0.unwrapped().program) }) { return loader }
        let readsInput = command.arguments.allSatisfy { $0.text.hasPrefix("-") || $0.text == "/dev/stdin" }
        guard isInterpreter, readsInput || command.has("-s") else { return nil }
        // A filter in between, as in `curl … | gunzip | sh`, changes nothing.
        for before in sequence[..<index].suffix(4).reversed() {
            guard before.connector == .pipe else { return nil }
            if loaders.contains(before.program) { return before }
        }
        return nil
    }
}
