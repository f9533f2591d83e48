// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverMetricsOpen = Rule(
        id: "BKL-N002",
        title: "Metrics are open to everyone",
        severity: .warning,
        why:
            "Metrics tell which models there are, how much they are used, what fails, and how busy the machine and its GPUs are.",
        mend: "`--metrics-address=127.0.0.1`, or `--allow-metrics=false`; in Buckler give a key the scope metrics.",
        references: [.cwe(200), .cwe(306), .owasp("A01:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .script("tritonserver --metrics-port=8002 --allow-gpu-metrics=true --allow-metrics=true"),
            .script("tritonserver --model-repository=/models"),
            .script("buckler serve --metrics-open"),
        ],
        good: [
            .script("tritonserver --model-repository=/models --allow-metrics=false"),
            .script("tritonserver --model-repository=/models --metrics-address=127.0.0.1"),
            .script("buckler serve --model-repository=/models"),
        ],
        checks: [
            .serverCommand { command, findings in
                switch command.program {
                case .triton: judge(command, &findings)
                case .buckler:
                    guard let flag = command.flag("metrics-open"), flag.isOn else { return }
                    findings.add(flag.place, "buckler serve shows the metrics of all models to every caller")
                case .bento: break
                }
            }
        ]
    )

    private static func judge(_ command: ServerCommand, _ findings: inout Findings) {
        guard command.reach != .machine, let metrics = ListeningPorts(command).metrics, !metrics.isLoopback else {
            return
        }
        let isPlain =
            !command.isOn("allow-gpu-metrics", absent: true) && !command.isOn("allow-cpu-metrics", absent: true)
        // Who names none of it has not asked for it: that it is on is good to know.
        let isAsked = ["allow-metrics", "metrics-address"].contains { command.flag($0) != nil }
        findings.add(
            (command.flag("metrics-port") ?? command.flag("allow-metrics"))?.place ?? metrics.place,
            "tritonserver shows its metrics to everyone who reaches \(Printed.quoted(metrics.address)), without asking for a key",
            weaker: command.reachSeverity ?? (isAsked && !isPlain ? nil : .note)
        )
    }
}
