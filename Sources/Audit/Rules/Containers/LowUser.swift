// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerLowUser = Rule(
        id: "BKL-D050",
        title: "User has a number that the host may have given",
        severity: .note,
        why:
            "What leaves the container, or is mounted into it, is then some user's of the host's, with all that is theirs.",
        mend: "Use a number from 10000 on: `runAsUser: 10001`.",
        references: [.cwe(250), .checkov("CKV_K8S_40"), .trivy("KSV-0020")],
        bad: [
            .container("securityContext:\n  runAsUser: 1000"), .service("image: triton:1.0\nuser: '999:999'"),
        ],
        good: [
            .container("securityContext:\n  runAsUser: 10001"), .service("image: triton:1.0\nuser: '65534:65534'"),
            .service("image: triton:1.0\nuser: triton"),
        ],
        checks: [
            .container { container, findings in
                guard let user = container.user, let name = user.value.split(separator: ":").first,
                    let number = Int(name), number > 0, number < 10_000
                else { return }
                findings.add(
                    user.place,
                    "\(container.described) runs as user \(number), who may be somebody on the host"
                )
            }
        ]
    )
}
