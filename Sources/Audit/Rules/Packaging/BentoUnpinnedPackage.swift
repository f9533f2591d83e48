// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoUnpinnedPackage = Rule(
        id: "BKL-B001",
        title: "Package is not pinned",
        severity: .warning,
        why: "The next build takes whatever version is newest then, also one that an attacker has just published.",
        mend: "Name one version (torch==2.0.1), for what it needs as well: lock_packages: true, or a lock file.",
        references: [
            .cwe(1357), .cwe(829), .owasp("A03:2025"), .owaspLLM("LLM03"), .hadolint("DL3013"),
            .sheet("BentoML: Secure Bento Building and Signing"),
        ],
        bad: [
            .file("bentofile.yaml", "service: 'service:svc'\npython:\n  packages:\n    - torch\n    - numpy>=1.24\n"),
            .file("requirements.txt", "flask\n"),
        ],
        good: [
            .file(
                "bentofile.yaml",
                "python:\n  packages:\n    - torch==2.0.1\n    - numpy==1.24.0\n  lock_packages: true\n"
            ),
            .file("requirements.lock", "--require-hashes\nflask>=3 --hash=sha256:0b5d2ae4dc60c6f5\n"),
            .file("requirements.txt", "# pinned\nflask==3.0.0 ; python_version > '3.8'\nbentoml[io]==1.4.39\n"),
        ],
        checks: [
            .project { project, findings in
                let isLocked = project.entries.contains { locks.contains($0.name) }
                let packages = project.bentoBuilds.flatMap(\.packages)
                // `requirements.in` is what a lock file is made from.
                let required = project.requirements.filter { !$0.path.hasSuffix(".in") && !takesHashesOnly($0) }
                    .flatMap(\.requirements)
                for package in packages + required where !package.isPinned && package.address == nil {
                    let message = "package \(Printed.quoted(package.name)) is not pinned to one version"
                    findings.add(package.place, message, weaker: isLocked ? .note : nil)
                }
            }
        ]
    )

    /// pip then refuses what is not pinned.
    private static func takesHashesOnly(_ file: RequirementsFile) -> Bool {
        !file.options("--require-hashes").isEmpty || file.requirements.allSatisfy { !$0.hashes.isEmpty }
    }

    private static let locks: Set<String> = [
        "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "requirements.lock.txt",
    ]
}
