// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNetworkShared = Rule(
        id: "BKL-D073",
        title: "Network of a container elsewhere is shared",
        severity: .warning,
        why: """
            On the same network a container reaches what another keeps to its loopback, such as ports of administrators, and \
            sees and answers in its place what comes for it.
            """,
        mend: "Put both on a network of their own; share one only between services of the same file.",
        references: [.cwe(653), .cwe(668)],
        bad: [
            .service("image: web:1.0\nnetwork_mode: container:triton"),
            .service("image: web:1.0\nnetwork_mode: \"${NET:-container:triton}\""),
            .script("docker run --network container:triton web:1.0"),
        ],
        good: [
            .service("image: web:1.0\nnetwork_mode: service:triton"),
            .script("docker run --network containers web:1.0"),
        ],
        checks: [
            .container { container, findings in
                guard let other = container.networkOf else { return }
                findings.add(
                    other.place,
                    "\(container.described) shares the network of the container \(Printed.quoted(other.value))"
                )
            }
        ]
    )
}
