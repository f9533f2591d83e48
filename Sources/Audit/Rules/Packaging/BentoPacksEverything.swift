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
            .file("bentofile.yaml", "service: 'service:svc'\nexclude: ['.env', 'secrets/']\n"),
            .file("bentofile.yaml", "service: 'service:svc'\ninclude: ['**/*']\nexclude: ['*.pyc']\n"),
        ],
        good: [
            .file(
                "bentofile.yaml",
                "include: ['*.py', 'requirements.txt']\nexclude: ['__pycache__', '.env', 'secrets/*']\n"
            ),
            .file(
                "bentofile.yaml",
                "service: 'service:svc'\ninclude: ['*']\n"
                    + "exclude: ['.env*', '*.pem', '*.key', 'id_*', 'credentials*', 'secrets/']\n"
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
        guard !entries.contains(where: { $0.path == ignoring }) else { return }
        let packing = build.packing
        guard packing.packs(".env") else { return others(build, packing, &findings) }
        if let include = build.root["include"], !include.isNull {
            let place = include.items.first?.place ?? include.place
            findings.add(place, "'include' takes every file, '.env' among them, and 'exclude' does not leave it out")
        } else if build.root["service"] != nil {
            let message = "without 'include' every file is packed, '.env' among them"
            findings.add(build.root.member("service")?.keyPlace ?? Place(build.path), message, weaker: .warning)
        }
    }

    /// Secrets that lie about beside `.env`: whoever packs everything has to think of all of them.
    private static let usualSecrets: [Substring] = ["server.key", "server.pem", "id_rsa", "credentials.json"]

    private static func others(_ build: BentoBuild, _ packing: BentoBuild.Packing, _ findings: inout Findings) {
        guard packing.packs("any-file.of-any-kind") else { return }
        let packed = usualSecrets.filter(packing.packs)
        guard !packed.isEmpty else { return }
        let place = build.root.member("include")?.keyPlace ?? build.root.member("exclude")?.keyPlace
        let names = packed.map { Printed.quoted($0) }.joined(separator: ", ")
        findings.add(
            place ?? Place(build.path),
            "every file is packed that 'exclude' does not name, such as \(names)",
            weaker: .warning
        )
    }
}
