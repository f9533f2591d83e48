// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let limitWithoutBound = Rule(
        id: "BKL-R024",
        title: "Parameter that is a limit and limits nothing",
        severity: .note,
        why: "A program that asks its configuration how much it may take is told: anything.",
        mend: "Give the parameter the number that the model was made for.",
        references: [.cwe(770), .sheet("Triton: Validate Ensemble Pipeline Security")],
        bad: [
            .config("parameters { key: \"max_characters\" value: { string_value: \"2147483647\" } }"),
            .config("parameters { key: \"token_limit\" value: { string_value: \"-1\" } }"),
        ],
        good: [
            .config("parameters { key: \"max_characters\" value: { string_value: \"4096\" } }"),
            .config("parameters { key: \"max_gpu_memory_bytes\" value: { string_value: \"8589934592\" } }"),
            .config("parameters { key: \"seed\" value: { string_value: \"2147483647\" } }"),
        ],
        checks: [
            .modelConfig { file, findings in
                for (key, value) in file.config.parameters.sorted(by: { $0.key < $1.key }) {
                    guard isLimit(key.lowercased()), let number = Int(value.stringValue), isNone(number) else {
                        continue
                    }
                    findings.add(
                        file.place("parameters[\"\(key)\"]"),
                        "parameter \(Printed.quoted(key)) of model \(Printed.quoted(file.modelName)) allows \(number)"
                    )
                }
            }
        ]
    )

    private static func isLimit(_ key: String) -> Bool {
        let words = key.split { !$0.isLetter }
        // Memory comes in such numbers, and its limits are the engine's.
        guard !words.contains(where: { ["bytes", "memory", "workspace"].contains($0) }) else { return false }
        return words.first == "max" || words.last == "max" || words.contains("limit") || words.contains("maximum")
    }

    /// Less than nothing, which stands for anything, or the greatest numbers of a type.
    private static func isNone(_ number: Int) -> Bool { number < 0 || number >= Int(Int32.max) }
}
