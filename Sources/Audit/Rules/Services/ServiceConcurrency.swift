// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceConcurrency = Rule(
        id: "BKL-S003",
        title: "Any number of requests at once",
        severity: .warning,
        why: "A burst of requests is taken until memory is gone, instead of being refused.",
        mend: "traffic: {max_concurrency: 64}.",
        references: [.cwe(770), .owaspLLM("LLM10"), .owasp("A06:2025")],
        bad: [.file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60}\n")],
        good: [.file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60, max_concurrency: 8}\n")],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    let path = ["traffic", "max_concurrency"]
                    guard
                        !section.isSet(path, ["max_concurrency"], ["traffic", "concurrency"])
                            || section.isUnlimited(path)
                    else { continue }
                    findings.add(section.place, "\(Printed.quoted(section.name)) sets no max_concurrency")
                }
            }
        ]
    )
}
