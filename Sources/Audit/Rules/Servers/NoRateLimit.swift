// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverNoRateLimit = Rule(
        id: "BKL-N017",
        title: "Nothing holds executions back",
        severity: .note,
        why:
            "Without the rate limiter one model's instances take the device from all others whenever they have requests.",
        mend:
            "Triton: `--rate-limit=execution_count`, with a `rate_limiter` in each instance group. Before it, limit callers.",
        references: [
            .cwe(770), .sheet("Triton: Secure gRPC and HTTP Endpoints"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [.script("tritonserver --model-repository=/models"), .script("tritonserver --rate-limit=off")],
        good: [
            .script("tritonserver --model-repository=/models --rate-limit=execution_count"),
            .script("buckler serve --model-repository=/models"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .triton else { return }
                let flag = command.flag("rate-limit")
                guard flag?.value.map({ $0.text == "off" }) ?? true else { return }
                findings.add(flag?.place ?? command.place, "tritonserver runs executions without its rate limiter")
            }
        ]
    )
}
