// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverNoRateLimit = Rule(
        id: "BKL-N017",
        title: "Nothing holds callers or executions back",
        severity: .note,
        why: """
            Without Triton's rate limiter one model's instances take the device from all others whenever they have \
            requests; without a rate for callers one of them, or one stolen key, keeps the server busy.
            """,
        mend: """
            Triton: `--rate-limit=execution_count`, with a `rate_limiter` in each instance group; before it, limit callers. \
            Buckler: `--default-rate` and `--default-bytes-per-second`, for callers whose key has no rate of its own.
            """,
        references: [
            .cwe(770), .sheet("Triton: Secure gRPC and HTTP Endpoints"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [
            .script("tritonserver --model-repository=/models"),
            .script("tritonserver --rate-limit=off"),
            .script("buckler serve --http-address=10.0.0.6 --tls-cert=c.crt --tls-key=c.key"),
            .script("buckler serve --http-address=10.0.0.6 --default-rate=600/m"),
            .script("buckler serve --grpc-address=0.0.0.0 --default-bytes-per-second=10M"),
        ],
        good: [
            .script("tritonserver --model-repository=/models --rate-limit=execution_count"),
            .script("buckler serve --model-repository=/models"),
            .script("buckler serve --http-address=10.0.0.6 --default-rate=600/m --default-bytes-per-second=10M"),
            .script("buckler serve --http-address=127.0.0.1 --grpc-address=localhost"),
        ],
        checks: [
            .serverCommand { command, findings in
                judgeCallers(command, &findings)
                guard command.program == .triton else { return }
                let flag = command.flag("rate-limit")
                guard flag?.value.map({ $0.text == "off" }) ?? true else { return }
                findings.add(flag?.place ?? command.place, "tritonserver runs executions without its rate limiter")
            }
        ]
    )

    private static func judgeCallers(_ command: ServerCommand, _ findings: inout Findings) {
        guard let port = command.portForOthers else { return }
        let missing = ["default-rate", "default-bytes-per-second"].filter { command.flag($0) == nil }
        guard !missing.isEmpty else { return }
        let names = missing.map { "--\($0)" }.joined(separator: " and no ")
        findings.add(
            port.place,
            "buckler serve listens on \(Printed.quoted(port.address)) and sets no \(names): a key without limits has none"
        )
    }
}
