// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceRunnerLimits = Rule(
        id: "BKL-S008",
        title: "Runner is made without limits",
        severity: .warning,
        why: "Batches of any size, and requests that wait for ever, take the memory and the time of all others.",
        mend: "to_runner(max_batch_size=32, max_latency_ms=1000), or the same beneath 'runners' in configuration.yaml.",
        references: [.cwe(400), .cwe(770), .owaspLLM("LLM10"), .sheet("BentoML: Configure Secure Runner Execution")],
        bad: [
            .file("service.py", "runner = model.to_runner()\n"),
            .file("service.py", "import bentoml\nrunner = bentoml.Runner(MyRunnable, name='a')\n"),
        ],
        good: [
            .file("service.py", "runner = model.to_runner(max_batch_size=32, max_latency_ms=1000)\n"),
            .files([
                "service.py": "runner = model.to_runner()\n",
                "configuration.yaml": "runners:\n  a: {max_batch_size: 32, timeout: 60}\n",
            ]),
        ],
        checks: [
            .project { project, findings in
                // Which runner a name there is for cannot be told from here.
                let isConfigured = project.bentoConfigurations.contains { $0.root["runners"] != nil }
                guard !isConfigured else { return }
                for module in project.pythonModules {
                    for call in module.calls where call.method == "to_runner" || call.name == "bentoml.Runner" {
                        let isLimited = ["max_batch_size", "max_latency_ms", "method_configs"].contains {
                            call.argument($0) != nil
                        }
                        guard !isLimited else { continue }
                        findings.add(
                            call.place,
                            "\(call.printedName) makes a runner without max_batch_size and max_latency_ms"
                        )
                    }
                }
            }
        ]
    )
}
