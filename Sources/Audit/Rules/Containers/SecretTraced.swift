// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerSecretTraced = Rule(
        id: "BKL-D049",
        title: "Shell prints its secrets",
        severity: .warning,
        why: """
            `set -x` prints each command with everything put in: keys that were read from a file or the surroundings stand \
            in the log, for everyone who reads that.
            """,
        mend: "Drop `set -x`, or write `set +x` before the commands that have secrets.",
        references: [.cwe(532), .cwe(214), .owasp("A09:2025")],
        bad: [
            .script("set -x\ntritonserver --http-restricted-api=trace:key=$(cat /run/secrets/admin)"),
            .script("set -euxo pipefail\ncurl -H \"Authorization: Bearer $API_TOKEN\" https://example.org"),
            .dockerfile("FROM debian:12\nRUN set -o xtrace; HF_TOKEN=$(cat /run/secrets/hf) ./download"),
        ],
        good: [
            .script("set -eu\ntritonserver --http-restricted-api=trace:key=$(cat /run/secrets/admin)"),
            .script("set -x\ntritonserver --model-repository=$REPOSITORY"),
            .script("set -x\ndocker run -v $PWD:/a -v $(pwd):/b triton:1.0"),
            .script("set -x\n./prepare\nset +x\ncurl -H \"Authorization: Bearer $API_TOKEN\" https://example.org"),
        ],
        checks: [
            .shellScript { script, findings in
                var tracing: ShellWord?
                for command in script.commands {
                    if command.program == "set" { change(&tracing, by: command) }
                    guard let word = tracing, let secret = secret(in: command) else { continue }
                    findings.add(
                        word.place,
                        "the shell prints each command, the secret in \(Printed.quoted(secret)) too"
                    )
                    tracing = nil
                }
            }
        ]
    )

    private static func change(_ tracing: inout ShellWord?, by command: ShellCommand) {
        for word in command.arguments {
            let isShort = word.text.count <= 16 && !word.text.hasPrefix("--") && word.text.contains("x")
            let isLong = word.text == "xtrace"
            if (isShort && word.text.hasPrefix("-")) || (isLong && !command.has("+o")) { tracing = word }
            if (isShort && word.text.hasPrefix("+")) || (isLong && command.has("+o")) { tracing = nil }
        }
    }

    /// A variable, or a file, whose content the command is given and that by its name is a secret.
    private static func secret(in command: ShellCommand) -> String? {
        let words = command.words + command.assignments.map(\.value)
        for word in words {
            for inner in word.inner {
                if let file = inner.words.first(where: { $0.text.contains("/secrets/") }) { return file.text }
            }
            let names = word.resolved + word.expansions.map(\.name)
            if let name = names.first(where: SecretShapes.isSecretName) { return name }
        }
        return nil
    }
}
