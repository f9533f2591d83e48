// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoUnlocked = Rule(
        id: "BKL-B002",
        title: "What packages need is not locked",
        severity: .warning,
        why: "Whatever is not locked gets its version when the image is built: also what pinned packages bring along.",
        mend: """
            lock_packages: true, which BentoML does unless told otherwise; a lock file has to be named too: \
            requirements_txt: ./requirements.lock.
            """,
        references: [
            .cwe(1357), .owasp("A03:2025"), .owaspLLM("LLM03"), .sheet("BentoML: Secure Bento Building and Signing"),
        ],
        bad: [
            .file(
                "bentofile.yaml",
                "service: 'service:svc'\npython:\n  packages: ['a==1.0']\n  lock_packages: false\n"
            ),
            .file("bentofile.yaml", "service: 'service:svc'\ninclude: ['*.py', requirements.lock]\n"),
            .file(
                "bentofile.yaml",
                "service: 'service:svc'\ninclude: ['*.py', requirements-prod.txt]\npython: {lock_packages: true}\n"
            ),
        ],
        good: [
            .file("bentofile.yaml", "service: 'service:svc'\npython:\n  packages: ['a==1.0']\n  lock_packages: true\n"),
            .file(
                "bentofile.yaml",
                "service: 'service:svc'\ninclude: [requirements.lock]\npython: {requirements_txt: ./requirements.lock}\n"
            ),
            .file("bentofile.yaml", "service: 'service:svc'\ninclude: ['*.py', requirements.txt]\n"),
            .file("pyproject.toml", "[tool.bentoml.build]\nservice = 'service:svc'\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                judgeUnread(build, &findings)
                guard let member = build.python?.member("lock_packages"), member.value.bool == false else { return }
                findings.add(member.keyPlace, "'lock_packages: false' leaves open what the packages bring along")
            }
        ]
    )

    /// A file of versions that is packed like any other, while nothing is installed by it.
    private static func judgeUnread(_ build: BentoBuild, _ findings: inout Findings) {
        let sources = [
            build.python?["requirements_txt"], build.python?["packages"], build.root["conda"], build.root["image"],
            build.docker?["setup_script"], build.docker?["dockerfile_template"],
        ]
        // What a project needs may stand beside the build in its own file.
        guard !build.path.hasSuffix("pyproject.toml"), sources.allSatisfy({ $0?.isNull ?? true }) else { return }
        for file in build.texts(build.root["include"]) {
            let name = file.value.split(separator: "/").last ?? ""
            // The usual name may be found by the build itself.
            guard name.hasPrefix("requirements"), name != "requirements.txt", !name.contains("*") else { continue }
            findings.add(
                file.place,
                "\(Printed.quoted(file.value)) is packed, and no 'python.requirements_txt' says to install by it",
                weaker: .note
            )
        }
    }
}
