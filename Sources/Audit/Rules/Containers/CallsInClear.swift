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
        checks: [
            .container { container, findings in
                for variable in container.environment {
                    guard let value = variable.value else { continue }
                    judge(variable.name.value, value, of: container.described, &findings)
                }
            },
            .dockerfile { file, findings in
                for instruction in file.instructions where instruction.keyword == "ENV" {
                    for pair in instruction.pairs {
                        guard let value = pair.value?.located else { continue }
                        judge(pair.name.value, value, of: "the image", &findings)
                    }
                }
            },
        ]
    )

    private static let plainSchemes: Set<String> = ["http", "grpc", "ws", "ftp", "ldap", "amqp", "mqtt", "redis"]

    private static func judge(_ name: String, _ value: Located<String>, of owner: String, _ findings: inout Findings) {
        // A proxy is called in clear for calls that are encrypted within.
        guard !name.lowercased().hasSuffix("proxy"), let range = value.value.firstRange(of: "://") else { return }
        guard plainSchemes.contains(value.value[..<range.lowerBound].lowercased()) else { return }
        let authority = value.value[range.upperBound...].prefix { $0 != "/" && $0 != "?" }
        let host = authority.split(separator: "@").last?.prefix { $0 != ":" } ?? ""
        guard !host.isEmpty, !host.contains("$"), !host.hasPrefix("["), !isNear(String(host)) else { return }
        findings.add(
            value.place,
            "\(owner) is told by \(Printed.quoted(name)) to call \(Printed.quoted(String(host))) in clear",
            // A name without a dot is that of a neighbour: on one machine's network, as a rule.
            weaker: host.contains(".") && !isOfCluster(host) ? nil : .note
        )
    }

    private static func isNear(_ host: String) -> Bool {
        Addresses.isLoopback(host) || Addresses.isEvery(host) || host == "host.docker.internal"
    }

    private static func isOfCluster(_ host: Substring) -> Bool {
        [".svc", ".svc.cluster.local", ".internal", ".local"].contains { host.hasSuffix($0) }
    }
}
