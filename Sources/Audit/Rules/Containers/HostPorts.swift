// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerHostPorts = Rule(
        id: "BKL-D019",
        title: "Port is open on the host",
        severity: .warning,
        why: """
            A published port without an address is open on every network of the machine, and engines put it past the \
            firewall's rules. A hostPort goes past Services and network policies.
            """,
        mend:
            "Publish as `127.0.0.1:8000:8000` with a proxy before it; in Kubernetes use a Service instead of hostPort.",
        references: [
            .cwe(668), .podSecurity("baseline"), .cisDocker("5.8"), .cisDocker("5.14"), .kubeLinter("privileged-ports"),
            .checkov("CKV_K8S_26"), .trivy("KSV-0024"), .trivy("KSV-0117"),
            .sheet("Triton: Secure gRPC and HTTP Endpoints"),
        ],
        bad: [
            .container("ports:\n- containerPort: 8000\n  hostPort: 8000"),
            .service("image: triton:1.0\nports:\n- '8000:8000'"),
            .service("image: triton:1.0\nports:\n- '0.0.0.0:8002:8002'"),
            .script("docker run -p 8000:8000 triton:1.0"),
            .script("docker run -P triton:1.0"),
        ],
        good: [
            .container("ports:\n- containerPort: 8000"),
            .service("image: triton:1.0\nports:\n- '127.0.0.1:8000:8000'"),
            .service("image: triton:1.0\nexpose: [8000]"),
            .script("docker run -p '[::1]:8000:8000' triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                let isShared = container.hostNamespaces.contains { $0.kind == .network }
                for port in container.ports where port.hostPort != nil && !port.isLoopback && !isShared {
                    let isMetrics = port.containerPort == "8002" || port.containerPort == "3001"
                    let isCluster = container.origin == .kubernetes
                    findings.add(
                        port.place,
                        "\(container.described) opens port \(Printed.quoted(port.containerPort)) on "
                            + (port.hostAddress.map { "the host's address \(Printed.quoted($0))" }
                                ?? "every address of the host")
                            + (isMetrics ? ", where the metrics are" : ""),
                        weaker: isCluster || isMetrics ? nil : .note
                    )
                }
            }
        ]
    )
}
