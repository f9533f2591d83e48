// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceRunnerConfiguration = Rule(
        id: "BKL-S007",
        title: "Runner is configured without limits",
        severity: .warning,
        why: "Batches of any size, and requests that wait for ever, take the memory and the time of all others.",
        mend: "batching: {enabled: true, max_batch_size: 32, max_latency_ms: 1000}, timeout: 60, and resources.",
        references: [.cwe(400), .cwe(770), .owaspLLM("LLM10"), .sheet("BentoML: Configure Secure Runner Execution")],
        bad: [
            .file("configuration.yaml", "runners:\n  iris:\n    resources: {cpu: 2}\n"),
            .file("configuration.yaml", "runners:\n  iris:\n    batching: {enabled: true, max_batch_size: 32}\n"),
            .file("configuration.yaml", "runners:\n  iris:\n    max_batch_size: 32\n    max_latency_ms: 1000\n"),
            .file(
                "configuration.yaml",
                "runners:\n  iris:\n    max_batch_size: 32\n    timeout: 100000\n    resources: {cpu: 2}\n"
            ),
            .file(
                "configuration.yaml",
                "runners:\n  iris:\n    batching: {max_batch_size: 32, max_latency_ms: 1000}\n    resources: {cpu: 2}\n"
            ),
        ],
        good: [
            .file(
                "configuration.yaml",
                "runners:\n  resources: {cpu: 1}\n  iris:\n    max_batch_size: 32\n    traffic: {timeout: 60}\n"
            ),
            .file(
                "configuration.yaml",
                "runners:\n  batching: {max_batch_size: 32}\n  timeout: 60\n  iris:\n    resources: {cpu: 2}\n"
            ),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                let configuration = ServiceConfiguration(document: document)
                for runner in configuration.runners {
                    let all = [runner.node] + [configuration.runnerDefaults].compactMap(\.self)
                    var missing: [String] = []
                    if !all.contains(where: { has($0, "max_batch_size") }) { missing.append("max_batch_size") }
                    if !all.contains(where: { has($0, "max_latency_ms") || has($0, "timeout") }) {
                        missing.append("timeout")
                    }
                    if !all.contains(where: { has($0, "resources") }) { missing.append("resources") }
                    let name = Printed.quoted(runner.name)
                    if !missing.isEmpty {
                        findings.add(runner.place, "runner \(name) sets no \(missing.joined(separator: " and no "))")
                    }
                    if !missing.contains("timeout"), !all.contains(where: { has($0, "timeout") }) {
                        findings.add(
                            runner.place,
                            "runner \(name) sets no timeout: its max_latency_ms bounds only what waits for a batch",
                            weaker: .note
                        )
                    }
                    if let value = boundless(runner) {
                        let number = Printed.cut(value.value, limit: 40)
                        findings.add(value.place, "runner \(name) has a limit of \(number), which limits nothing")
                    }
                }
            }
        ]
    )

    private static func boundless(_ runner: ServiceConfiguration.Section) -> Located<String>? {
        let timeout = ServiceConfiguration.longestTimeout
        return runner.boundless(["timeout"], ["traffic", "timeout"], most: timeout)
            ?? runner.boundless(
                ["traffic", "max_concurrency"],
                ["max_batch_size"],
                ["batching", "max_batch_size"],
                most: ServiceConfiguration.mostAtOnce
            )
            ?? runner.boundless(["max_latency_ms"], ["batching", "max_latency_ms"], most: timeout * 1000)
    }

    private static func has(_ node: DataNode, _ key: String) -> Bool {
        [node[key], node["batching"]?[key], node["traffic"]?[key]].contains { $0.map { !$0.isNull } ?? false }
    }
}
