// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceTimeout = Rule(
        id: "BKL-S001",
        title: "Service has no timeout",
        severity: .warning,
        why: "Requests that never end keep their worker: a few are enough to stop the service.",
        mend: "traffic: {timeout: 60}, and with api_server also timeout: 60, which older versions of BentoML read.",
        references: [.cwe(400), .cwe(770), .owaspLLM("LLM10"), .sheet("BentoML: Implement Secure BentoML Services")],
        bad: [
            .file("configuration.yaml", "api_server:\n  max_request_size: 10485760\n"),
            .file("configuration.yaml", "version: 2\nservices:\n  iris:\n    workers: 2\n"),
        ],
        good: [
            .file("configuration.yaml", "api_server:\n  max_request_size: 10485760\n  timeout: 60\n"),
            .file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60, max_concurrency: 8}\n"),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    guard !section.isSet(["timeout"], ["traffic", "timeout"]) else { continue }
                    findings.add(section.place, "\(Printed.quoted(section.name)) sets no timeout")
                }
            }
        ]
    )
}
