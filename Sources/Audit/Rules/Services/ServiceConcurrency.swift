// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceConcurrency = Rule(
        id: "BKL-S003",
        title: "Any number of requests at once",
        severity: .warning,
        why: "A burst of requests is taken until memory is gone, instead of being refused.",
        mend: "traffic: {max_concurrency: 64}.",
        references: [.cwe(770), .owaspLLM("LLM10"), .owasp("A06:2025")],
        bad: [
            .file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60}\n"),
            .file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60, max_concurrency: 100000}\n"),
        ],
        good: [.file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60, max_concurrency: 8}\n")],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    let paths = (["traffic", "max_concurrency"], ["max_concurrency"])
                    let most = ServiceConfiguration.mostAtOnce
                    if !section.isSet(paths.0, paths.1, ["traffic", "concurrency"]) {
                        findings.add(section.place, "\(Printed.quoted(section.name)) sets no max_concurrency")
                    } else if let value = section.boundless(paths.0, paths.1, most: most) {
                        let count = Printed.cut(value.value, limit: 40)
                        findings.add(value.place, "\(Printed.quoted(section.name)) takes \(count) requests at once")
                    }
                }
            }
        ]
    )
}
