// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceConcurrency = Rule(
        id: "BKL-S003",
        title: "Any number of requests at once",
        severity: .warning,
        why: "A burst of requests is taken until memory is gone, instead of being refused.",
        mend: "traffic: {max_concurrency: 64}, for each of as many workers as the machine has processors.",
        references: [.cwe(770), .owaspLLM("LLM10"), .owasp("A06:2025")],
        bad: [
            .file(
                "service.py",
                "import bentoml\n@bentoml.service(traffic={'concurrency': 1000000000})\nclass Iris:\n    pass\n"
            ),
            .file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60}\n"),
            .file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60, max_concurrency: 100000}\n"),
            .file(
                "configuration.yaml",
                "services:\n  iris:\n    workers: 500\n    traffic: {timeout: 60, max_concurrency: 8}\n"
            ),
            .script("bentoml serve service:svc --host 127.0.0.1 --api-workers 500"),
        ],
        good: [
            .file(
                "service.py",
                "import bentoml\n@bentoml.service(traffic={'timeout': 300, 'concurrency': 8})\nclass Iris:\n    pass\n"
            ),
            .file("configuration.yaml", "services:\n  iris:\n    traffic: {timeout: 60, max_concurrency: 8}\n"),
            .file(
                "configuration.yaml",
                "services:\n  iris:\n    workers: cpu_count\n    traffic: {timeout: 60, max_concurrency: 8}\n"
            ),
            .script("bentoml serve service:svc --host 127.0.0.1 --api-workers 8"),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    if let workers = section.node["workers"]?.located, isMany(workers.value) {
                        let count = Printed.cut(workers.value, limit: 40)
                        findings.add(
                            workers.place,
                            "\(Printed.quoted(section.name)) starts \(count) processes, each of which takes as many requests",
                            weaker: .note
                        )
                    }
                    let paths = (["traffic", "max_concurrency"], ["max_concurrency"])
                    let most = ServiceConfiguration.mostAtOnce
                    if !section.isSet(paths.0, paths.1, ["traffic", "concurrency"]) {
                        findings.add(section.place, "\(Printed.quoted(section.name)) sets no max_concurrency")
                    } else if let value = section.boundless(paths.0, paths.1, most: most) {
                        let count = Printed.cut(value.value, limit: 40)
                        findings.add(value.place, "\(Printed.quoted(section.name)) takes \(count) requests at once")
                    }
                }
            },
            .project { project, findings in
                for traffic in project.pythonModules.flatMap(ServiceTraffic.all) {
                    let names = ["max_concurrency", "concurrency"]
                    guard let value = traffic.boundless(names, most: ServiceConfiguration.mostAtOnce) else { continue }
                    let count = Printed.cut(value, limit: 40)
                    findings.add(traffic.place, "\(Printed.quoted(traffic.service)) takes \(count) requests at once")
                }
            },
            .serverCommand { command, findings in
                guard command.program == .bento else { return }
                for flag in command.flags where ["api-workers", "workers"].contains(flag.name) {
                    guard let value = flag.value, isMany(value.text) else { continue }
                    let count = Printed.cut(value.text, limit: 40)
                    findings.add(flag.place, "bentoml serve starts \(count) processes by --\(flag.name)", weaker: .note)
                }
            },
        ]
    )

    /// Each worker has the model, and bounds of its own; few machines have more processors than this.
    private static func isMany(_ workers: String) -> Bool { Double(workers).map { $0 > 64 } ?? false }
}
