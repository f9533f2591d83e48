// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerCallsInClear = Rule(
        id: "BKL-D047",
        title: "Container is told to call others in clear",
        severity: .warning,
        why: "Who is on the way reads what is sent and its credentials, and answers instead of the one that is called.",
        mend: "Name it by a scheme with TLS: `https://`, `grpcs://`, `rediss://`.",
        references: [.cwe(319), .owasp("A02:2025")],
        bad: [
            .service("image: api:1.0\nenvironment:\n  SCORES_URL: http://scores.example.org/v1"),
            .service("image: api:1.0\nenvironment:\n- TRITON_URL=grpc://triton:8001"),
            .container("env:\n- name: MODEL_ENDPOINT\n  value: http://triton.models.svc:8000"),
            .script("docker run -e REDIS_URL=redis://cache.example.org:6379 api:1.0"),
            .dockerfile("FROM python:3.11-slim\nENV SCORES_URL=http://scores.example.org/v1"),
        ],
        good: [
            .service("image: api:1.0\nenvironment:\n  SCORES_URL: https://scores.example.org/v1"),
            .service("image: api:1.0\nenvironment:\n  TRITON_URL: http://127.0.0.1:8000"),
            .service("image: api:1.0\nenvironment:\n  TRITON_URL: ${TRITON_URL}\n  HTTP_PROXY: http://proxy:3128"),
        ],
        checks: RuleCheck.environment { name, value, owner, findings in
            judge(name, value, of: owner, &findings)
        }
    )

    private static func judge(_ name: String, _ value: Located<String>, of owner: String, _ findings: inout Findings) {
        // A proxy is called in clear for calls that are encrypted within.
        guard !name.lowercased().hasSuffix("proxy"), let address = WebAddress(value.value) else { return }
        guard address.isInClear, !address.isOpen, !isOwn(address) else { return }
        findings.add(
            value.place,
            "\(owner) is told by \(Printed.quoted(name)) to call \(Printed.quoted(address.host)) in clear",
            weaker: address.isNeighbour ? .note : nil
        )
    }

    private static func isOwn(_ address: WebAddress) -> Bool {
        address.isLoopback || Addresses.isEvery(address.host) || address.host == "host.docker.internal"
    }
}
