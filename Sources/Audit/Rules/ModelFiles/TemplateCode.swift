// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let templateCode = Rule(
        id: "BKL-M013",
        title: "Chat template reaches for Python",
        severity: .error,
        why: """
            A chat template is a Jinja program. Where it is not run in Jinja's sandbox, attributes such as \
            __class__ lead from any value to any function, and so to commands.
            """,
        mend: "Use the template of the model's original publisher, and render it in a sandbox.",
        references: [.cwe(1336), .cwe(94), .cve("CVE-2024-34359"), .owaspLLM("LLM05")],
        bad: [
            .model("tokenizer_config.json", "{\"chat_template\": \"{{ x.__class__.__mro__ }}\"}"),
            .model("chat.jinja", "{{ x|attr('y') }}"),
        ],
        good: [
            .file("templates/Dockerfile.j2", "{{ super() }}{{ x.__class__ }}"),
            .model(
                "tokenizer_config.json",
                "{\"chat_template\": \"{% for m in messages %}<|__im__|>{{ m.content }}{% endfor %}\"}"
            ),
        ],
        // Elsewhere, what is called so is a template of anything.
        checks: [
            .problems(
                .templateCode,
                where: { file in
                    file.isInModelDirectory || ![".j2", ".jinja2"].contains(where: file.path.hasSuffix)
                }
            )
        ]
    )
}
