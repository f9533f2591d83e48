// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerWorldWritable = Rule(
        id: "BKL-D030",
        title: "Files are made writable to all, or set-user-id",
        severity: .warning,
        why: """
            What every user can write, a broken server can replace: its own code, its models. A set-user-id program runs with \
            its owner's rights for whoever starts it.
            """,
        mend:
            "Give single files to the one user that writes them; keep code and models owned by root, mode 755 or 644.",
        references: [.cwe(732), .cwe(276), .cisDocker("4.8")],
        bad: [
            .dockerfile("FROM debian:12\nRUN chmod -R 777 /models"),
            .dockerfile("FROM debian:12\nRUN chmod a+rwx /app && chmod u+s /usr/bin/x"),
            .script("chmod 4755 /usr/local/bin/tool"),
            .dockerfile("FROM debian:12\nCOPY --chmod=0777 run.sh /"),
            .script("umask 000"),
        ],
        good: [
            .dockerfile("FROM debian:12\nRUN chmod -R 755 /home/bentoml && chmod +x /run.sh && chmod 1777 /tmp"),
            .dockerfile("FROM debian:12\nRUN find / -perm /6000 -type f -exec chmod a-s {} +"),
        ],
        checks: [
            .shellScript { script, findings in
                for command in script.commands {
                    if command.program == "umask", let mask = command.arguments.first,
                        let bits = Int(mask.text, radix: 8),
                        bits & 0o002 == 0
                    {
                        findings.add(mask.place, "umask \(Printed.quoted(mask.text)) makes new files writable to all")
                    }
                    guard command.program == "chmod" else { continue }
                    let mode = command.arguments.first { !$0.text.hasPrefix("-R") && !$0.text.hasPrefix("--") }
                    guard let mode, let what = looseness(mode.text) else { continue }
                    findings.add(mode.place, "chmod \(Printed.quoted(mode.text)) makes files \(what)")
                }
            },
            .dockerfile { file, findings in
                for instruction in file.instructions {
                    guard let mode = instruction.flag("chmod")?.value, let what = looseness(mode.value) else {
                        continue
                    }
                    findings.add(
                        mode.place,
                        "\(instruction.keyword) --chmod=\(Printed.cut(mode.value, limit: 20)) makes files \(what)"
                    )
                }
            },
        ]
    )

    private static func looseness(_ mode: String) -> String? {
        if let bits = Int(mode, radix: 8), mode.count <= 5 {
            if bits & 0o6000 != 0 { return "set-user-id or set-group-id" }
            // The sticky bit keeps others from replacing files: /tmp has it.
            return bits & 0o002 != 0 && bits & 0o1000 == 0 ? "writable to all" : nil
        }
        for clause in mode.split(separator: ",") {
            let who = clause.prefix { "ugoa".contains($0) }
            let rest = clause.dropFirst(who.count)
            guard let sign = rest.first, sign == "+" || sign == "=" else { continue }
            if rest.contains("s"), who.isEmpty || who.contains("u") || who.contains("g") || who.contains("a") {
                return "set-user-id or set-group-id"
            }
            if rest.contains("w"), who.contains("o") || who.contains("a") { return "writable to all" }
        }
        return nil
    }
}
