// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let remoteCode = Rule(
        id: "BKL-M015",
        title: "Model asks for code that comes with it",
        severity: .error,
        why: """
            With auto_map or trust_remote_code a loader fetches Python from wherever the model came from and \
            runs it, in whatever version is there today.
            """,
        mend: "Remove the setting and use a model that the library itself knows.",
        references: [.cwe(829), .cwe(94), .owaspLLM("LLM03"), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .model("config.json", "{\"auto_map\": {\"AutoModel\": \"modeling_x.X\"}}"),
            .model("config.json", "{\"trust_remote_code\": true}"),
            .model("settings.yaml", "trust_remote_code: true\n"),
        ],
        good: [
            .files([
                "models/m/config.pbtxt": """
                backend: "python"
                parameters { key: "trust_remote_code" value { string_value: "false" } }
                max_batch_size: 1
                """
            ]),
            .model("config.json", "{\"trust_remote_code\": false}"),
        ],
        // Of a model's configuration BKL-R014 tells, which knows what reads it.
        checks: [.problems(.remoteCode, where: { !$0.path.hasSuffix("config.pbtxt") })]
    )
}
