// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverProcessPlacement = Rule(
        id: "BKL-N009",
        title: "Models run in the server's own process",
        severity: .warning,
        why: "A model file that breaks the engine then has the server: its keys, its connections, every other model.",
        mend: "Drop `--placement=process`; models run in sandboxed workers by default.",
        references: [.cwe(653), .cwe(265), .owaspLLM("LLM05"), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .script("buckler serve --placement=process"),
            .script("buckler serve --placement fraud=process"),
        ],
        good: [.script("buckler serve --placement=worker"), .script("buckler serve")],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .buckler else { return }
                for flag in command.all("placement") where flag.value?.text.hasSuffix("process") == true {
                    findings.add(flag.place, "buckler serve runs models in its own process, without a sandbox")
                }
            }
        ]
    )
}
