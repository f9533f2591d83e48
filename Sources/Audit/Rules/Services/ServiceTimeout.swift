// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceTimeout = Rule(
        id: "BKL-S001",
        title: "Service has no timeout that helps",
        severity: .warning,
        why: "Requests that never end keep their worker: a few are enough to stop the service.",
        mend: "traffic: {timeout: 60}, and with api_server also timeout: 60, which older versions of BentoML read.",
        references: [.cwe(400), .cwe(770), .owaspLLM("LLM10"), .sheet("BentoML: Implement Secure BentoML Services")],
        bad: [
            .file(
                "service.py",
                "import bentoml\n@bentoml.service(traffic={'timeout': 999999999})\nclass Iris:\n    pass\n"
            ),
            .file("configuration.yaml", "api_server:\n  max_request_size: 10485760\n"),
            .file("configuration.yaml", "version: 2\nservices:\n  iris:\n    workers: 2\n"),
            .file("configuration.yaml", "api_server:\n  timeout: 60\n  traffic: {timeout: 86400}\n"),
        ],
        good: [
            .file(
                "service.py",
                "import bentoml\n@bentoml.service(traffic={'timeout': 300})\nclass Iris:\n    pass\n"
            ),
            .file("configuration.yaml", "api_server:\n  max_request_size: 10485760\n  timeout: 60\n"),
            .file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60, max_concurrency: 8}\n"),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    let paths = (["timeout"], ["traffic", "timeout"])
                    let most = ServiceConfiguration.longestTimeout
                    if !section.isSet(paths.0, paths.1) {
                        findings.add(section.place, "\(Printed.quoted(section.name)) sets no timeout")
                    } else if let value = section.boundless(paths.0, paths.1, most: most) {
                        let message = "a timeout of \(Printed.cut(value.value, limit: 40)) s for "
                        findings.add(value.place, message + "\(Printed.quoted(section.name)) ends nothing in time")
                    }
                }
            },
            .project { project, findings in
                for traffic in project.pythonModules.flatMap(ServiceTraffic.all) {
                    guard let value = traffic.boundless(["timeout"], most: ServiceConfiguration.longestTimeout) else {
                        continue
                    }
                    let message = "a timeout of \(Printed.cut(value, limit: 40)) s for "
                    findings.add(traffic.place, message + "\(Printed.quoted(traffic.service)) ends nothing in time")
                }
            },
        ]
    )
}
