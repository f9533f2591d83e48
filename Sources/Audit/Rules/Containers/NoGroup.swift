// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoGroup = Rule(
        id: "BKL-D060",
        title: "User of a number that no image knows, and no group",
        severity: .note,
        why: """
            A number that the image knows no user for gets root's group: what root's group may read and write, in the image \
            and on volumes, is then open to what breaks in.
            """,
        mend: "Say the group too: `runAsGroup: 10001`, `user: \"10001:10001\"`, `--user 10001:10001`.",
        references: [.cwe(250), .trivy("KSV-0021")],
        bad: [
            .container("securityContext:\n  runAsUser: 10001"),
            .pod("securityContext:\n  runAsUser: 10001\n  fsGroup: 10001"),
            .service("image: triton:1.0\nuser: '10001'"),
            .script("docker run --user 10001 triton:1.0"),
        ],
        good: [
            .container("securityContext:\n  runAsUser: 10001\n  runAsGroup: 10001"),
            .pod("securityContext:\n  runAsUser: 10001\n  runAsGroup: 10001"),
            .container("securityContext:\n  runAsNonRoot: true"),
            .container("securityContext:\n  runAsUser: 1000"),
            .container("securityContext:\n  runAsUser: 65532"),
            .service("image: triton:1.0\nuser: '10001:10001'"),
            .service("image: triton:1.0\nuser: triton"),
        ],
        checks: [
            .container { container, findings in
                guard container.isWhole, container.mainGroup == nil, let user = container.user else { return }
                guard let number = Int(user.value), isOfNoImage(number) else { return }
                findings.add(
                    user.place,
                    "\(container.described) runs as user \(number) and names no group: that is root's, unless the image knows the user"
                )
            }
        ]
    )

    /// What images call users are small numbers, and those of `nonroot` and `nobody`: they have groups of their own.
    private static func isOfNoImage(_ number: Int) -> Bool {
        number >= 10_000 && ![65_532, 65_533, 65_534].contains(number)
    }
}
