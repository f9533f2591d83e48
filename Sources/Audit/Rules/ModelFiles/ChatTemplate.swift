// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let chatTemplate = Rule(
        id: "BKL-M014",
        title: "Model brings a chat template",
        severity: .note,
        why: """
            A chat template is a program that comes with the model and decides what the model is told; a \
            changed one alters every answer.
            """,
        mend: "Compare the template with that of the model's original publisher.",
        references: [.cwe(1336), .owaspLLM("LLM01")],
        bad: [
            .model("tokenizer_config.json", "{\"chat_template\": \"{{ messages }}\"}")
        ],
        good: [
            .model("tokenizer_config.json", "{\"eos_token\": \"x\"}")
        ],
        checks: [.problems(.template, where: { $0.isInModelDirectory || $0.inspection.format == .gguf })]
    )
}
