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
            .files(["requirements.txt": "flask\n", "uv.lock": ExampleLocks.uv]),
            .files([
                "requirements.txt": "django\n", "uv.lock": ExampleLocks.uv,
                "Dockerfile": "FROM python:3.12\nRUN uv sync --frozen\n",
            ]),
            .files([
                "requirements.txt": "flask\n", "uv.lock": ExampleLocks.uv,
                "Dockerfile": "FROM python:3.12\nRUN uv sync --frozen\nRUN pip install -r requirements.txt\n",
            ]),
            .file("Pipfile", "[packages]\nflask = '*'\n"),
            .file("pyproject.toml", "[project]\nname = 'a'\ndependencies = ['flask>=3']\n"),
            .file("environment.yml", "channels: [conda-forge]\ndependencies:\n  - python=3.11\n  - pip: [flask]\n"),
            .file("setup.cfg", "[options]\ninstall_requires =\n    flask>=3\n"),
        ],
        good: [
            .file(
                "bentofile.yaml",
                "python:\n  packages:\n    - torch==2.0.1\n    - numpy==1.24.0\n  lock_packages: true\n"
            ),
            .files([
                "requirements.txt": "flask\n", "uv.lock": ExampleLocks.uv,
                "Dockerfile": "FROM python:3.12\nRUN uv sync --frozen\n",
            ]),
            .files([
                "pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.11'\nflask = '^3.0'\n",
                "uv.lock": ExampleLocks.uv,
            ]),
            .file(
                "environment.yml",
                "channels: [conda-forge]\ndependencies: [python=3.11, 'conda-forge::numpy=1.26']\n"
            ),
            .file("requirements.lock", "--require-hashes\nflask>=3 --hash=sha256:0b5d2ae4dc60c6f5\n"),
            .file("requirements.txt", "# pinned\nflask==3.0.0 ; python_version > '3.8'\nbentoml[io]==1.4.39\n"),
        ],
        checks: [
            .project { project, findings in
                // BentoML takes no other tool's lock.
                var open = project.bentoBuilds.flatMap(\.packages).filter { isOpen($0, but: []) }
                let use = LockUse(project)
                for file in project.requirements {
                    guard file.kind.isInstalled else {
                        noteOpen(file, held: use.packages(heldFor: file), &findings)
                        continue
                    }
                    // `requirements.in` is what a lock file is made from.
                    guard !file.path.hasSuffix(".in"), !takesHashesOnly(file) else { continue }
                    let held = use.packages(replacing: file)
                    open += file.requirements.filter { isOpen($0, but: held) }
                }
                for package in open {
                    let message = "package \(Printed.quoted(package.name)) is not pinned to one version"
                    findings.add(package.place, message)
                }
            }
        ]
    )

    /// - Parameter held: names of packages that a lock holds fast.
    private static func isOpen(_ package: Requirement, but held: Set<String>) -> Bool {
        !package.isPinned && package.address == nil && !held.contains(LockUse.normal(package.name))
    }

    /// Once for a manifest: ranges are what it is for, and a lock is what is missing.
    private static func noteOpen(_ file: RequirementsFile, held: Set<String>, _ findings: inout Findings) {
        let open = file.requirements.filter { isOpen($0, but: held) }
        guard let first = open.first else { return }
        let others = open.count > 1 ? " and \(open.count - 1) more are" : " is"
        let message = "package \(Printed.quoted(first.name))\(others) not pinned, and no lock file holds it fast"
        findings.add(first.place, message, weaker: file.kind == .manifest ? .note : nil)
    }

    /// pip then refuses what is not pinned.
    private static func takesHashesOnly(_ file: RequirementsFile) -> Bool {
        !file.options("--require-hashes").isEmpty || file.requirements.allSatisfy { !$0.hashes.isEmpty }
    }
}
