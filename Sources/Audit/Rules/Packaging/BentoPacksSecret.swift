// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoPacksSecret = Rule(
        id: "BKL-B009",
        title: "A secret is packed",
        severity: .error,
        why: "The file is in every bento and every image that is made of this directory, and in all their copies.",
        mend: "Leave it out ('exclude'), keep it elsewhere, and withdraw what was in it if a bento was ever built.",
        references: [
            .cwe(200), .cwe(538), .owasp("A02:2025"), .cisDocker("4.10"),
            .sheet("BentoML: Secure Bento Building and Signing"),
        ],
        bad: [
            .files(["bentofile.yaml": "service: 'a:b'\ninclude: ['*']\n", ".env": "KEY=1\n"]),
            .files(["bentofile.yaml": "service: 'a:b'\ninclude: ['*.py', '*.pem']\n", "certs/server.pem": "x\n"]),
            .files(["b/bentofile.yaml": "service: 'a:b'\ninclude: ['conf/**']\n", "b/conf/id_rsa": "x\n"]),
        ],
        good: [
            .files(["bentofile.yaml": "service: 'a:b'\ninclude: ['*.py']\n", ".env": "KEY=1\n"]),
            .files([
                "b/bentofile.yaml": "service: 'a:b'\ninclude: ['*']\nexclude: ['*.pem']\n", "b/a.pem": "",
                ".env": "K=1\n",
            ]),
            .files([
                "bentofile.yaml": "service: 'a:b'\ninclude: ['*']\nexclude: ['.env']\n", ".env.example": "KEY=\n",
                ".env": "",
            ]),
        ],
        checks: [
            .project { project, findings in
                let secrets = project.entries.filter { $0.kind == .file && isSecret($0.name.lowercased()) }
                for build in project.bentoBuilds {
                    let packing = build.packing
                    for entry in secrets.prefix(secretLimit) where entry.path.hasPrefix(build.directory) {
                        guard packing.packs(entry.path.dropFirst(build.directory.count)) else { continue }
                        findings.add(
                            Place(entry.path),
                            "\(Printed.quoted(entry.name)) is packed into the bento of \(Printed.quoted(build.path))"
                        )
                    }
                }
            }
        ]
    )

    /// Files that are compared with the patterns of a build.
    private static let secretLimit = 10_000

    private static let secretNames: Set<String> = [
        ".env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pypirc", ".npmrc", ".htpasswd", "credentials",
        "credentials.json", "credentials.yaml", "secrets.yaml", "secrets.yml", "secrets.json", "secrets.toml",
        "service-account.json", "service_account.json", "kubeconfig", ".git-credentials", ".dockerconfigjson",
        "token.txt",
    ]

    private static func isSecret(_ name: String) -> Bool {
        if secretNames.contains(name) { return true }
        if [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"].contains(where: name.hasSuffix) {
            return true
        }
        let examples = [".example", ".sample", ".template", ".dist"]
        return name.hasPrefix(".env.") && !examples.contains(where: name.hasSuffix)
    }
}
