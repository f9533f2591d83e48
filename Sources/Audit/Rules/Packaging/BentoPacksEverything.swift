// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoPacksEverything = Rule(
        id: "BKL-B008",
        title: "Everything is packed, secrets among it",
        severity: .error,
        why: "Whoever gets the bento or its image has .env, keys and whatever else lies in the directory.",
        mend: "Name what is needed (include: ['*.py']), and exclude '.env', '*.pem' and 'secrets/'.",
        references: [
            .cwe(200), .cwe(538), .owasp("A02:2025"), .sheet("BentoML: Secure Bento Building and Signing"),
        ],
        bad: [
            .file("bentofile.yaml", "service: 'service:svc'\ninclude:\n  - '*'\n"),
            .file("bentofile.yaml", "service: 'service:svc'\ninclude: ['**/*']\nexclude: ['*.pyc']\n"),
        ],
        good: [
            .file(
                "bentofile.yaml",
                "include: ['*.py', 'requirements.txt']\nexclude: ['__pycache__', '.env', 'secrets/*']\n"
            ),
            .file(
                "bentofile.yaml",
                "service: 'service:svc'\ninclude: ['*']\nexclude: ['.env*', '*.pem', 'secrets/']\n"
            ),
        ],
        checks: [
            .project { project, findings in
                for build in project.bentoBuilds { everything(build, project.entries, &findings) }
            }
        ]
    )

    private static func everything(_ build: BentoBuild, _ entries: [AuditEntry], _ findings: inout Findings) {
        let ignoring = build.directory + ".bentoignore"
        // What that says is not read here; that it is there shows that somebody has thought of it.
        guard build.packing.packs(".env"), !entries.contains(where: { $0.path == ignoring }) else { return }
        if let include = build.root["include"], !include.isNull {
            let place = include.items.first?.place ?? include.place
            findings.add(place, "'include' takes every file, '.env' among them, and 'exclude' does not leave it out")
        } else if build.root["service"] != nil {
            let message = "without 'include' every file is packed, '.env' among them"
            findings.add(build.root.member("service")?.keyPlace ?? Place(build.path), message, weaker: .warning)
        }
    }
}
