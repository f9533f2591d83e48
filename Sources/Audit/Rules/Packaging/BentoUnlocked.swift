// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoUnlocked = Rule(
        id: "BKL-B002",
        title: "What packages need is not locked",
        severity: .warning,
        why: "Pinned packages bring others along, whose versions are then chosen when the image is built.",
        mend: "lock_packages: true, which BentoML does unless told otherwise.",
        references: [
            .cwe(1357), .owasp("A03:2025"), .owaspLLM("LLM03"), .sheet("BentoML: Secure Bento Building and Signing"),
        ],
        bad: [
            .file("bentofile.yaml", "service: 'service:svc'\npython:\n  packages: ['a==1.0']\n  lock_packages: false\n")
        ],
        good: [
            .file("bentofile.yaml", "service: 'service:svc'\npython:\n  packages: ['a==1.0']\n  lock_packages: true\n"),
            .file("pyproject.toml", "[tool.bentoml.build]\nservice = 'service:svc'\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                guard let member = build.python?.member("lock_packages"), member.value.bool == false else { return }
                findings.add(member.keyPlace, "'lock_packages: false' leaves open what the packages bring along")
            }
        ]
    )
}
