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
        ],
        good: [
            .file("configuration.yaml", "runners:\n  iris:\n    max_batch_size: 32\n    max_latency_ms: 1000\n"),
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
                    guard !missing.isEmpty else { continue }
                    findings.add(
                        runner.place,
                        "runner \(Printed.quoted(runner.name)) sets no \(missing.joined(separator: " and no "))"
                    )
                }
            }
        ]
    )

    private static func has(_ node: DataNode, _ key: String) -> Bool {
        [node[key], node["batching"]?[key], node["traffic"]?[key]].contains { $0.map { !$0.isNull } ?? false }
    }
}
