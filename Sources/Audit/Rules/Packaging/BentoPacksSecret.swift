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
            .files(["bentofile.yaml": "service: 'a:b'\ninclude: ['secrets/']\n", "secrets/api_key.txt": "x\n"]),
            .files(["bentofile.yaml": "service: 'a:b'\ninclude: ['conf']\n", "conf/API-Key": "x\n"]),
            .files(["bentofile.yaml": "service: 'a:b'\ninclude: ['c/*']\n", "c/.secrets/hub": "x\n"]),
        ],
        good: [
            .files([
                "bentofile.yaml": "service: 'a:b'\n", "secrets/__init__.py": "", "secrets/README.md": "",
                "secrets/api_key.txt.example": "", "api_key.py": "", "tokens.txt": "", "app/secrets/.gitkeep": "",
            ]),
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
                let secrets = project.entries.compactMap { entry in
                    entry.kind == .file ? weight(of: entry).map { (entry: entry, weight: $0) } : nil
                }
                for build in project.bentoBuilds {
                    let packing = build.packing
                    for (entry, weight) in secrets.prefix(secretLimit) where entry.path.hasPrefix(build.directory) {
                        guard packing.packs(entry.path.dropFirst(build.directory.count)) else { continue }
                        findings.add(
                            Place(entry.path),
                            "\(Printed.quoted(entry.name)) is packed into the bento of \(Printed.quoted(build.path))",
                            weaker: weight
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

    /// Names, with or without an ending, of what is in a file.
    private static let secretStems: Set<String> = [
        "secret", "secrets", "credential", "credentials", "apikey", "apikeys", "accesskey", "accesskeys", "secretkey",
        "password", "passwords",
    ]
    private static let dataEndings: Set<String> = [
        "", "cfg", "conf", "csv", "env", "ini", "json", "properties", "toml", "txt", "xml", "yaml", "yml",
    ]
    /// Directories that are made for secrets; what else lies in them is told by its ending.
    private static let secretDirectories: Set<String> = [
        "secret", "secrets", ".secret", ".secrets", "credential", "credentials", ".credentials", ".ssh", ".aws",
        ".gnupg",
    ]
    private static let otherEndings: Set<String> = [
        "dist", "example", "gitignore", "gitkeep", "go", "html", "ipynb", "js", "keep", "md", "py", "pyi", "rs", "rst",
        "sample", "sh", "template", "tf", "ts",
    ]

    /// How bad at most it is to pack a file; `nil` for what is no secret.
    private static func weight(of entry: AuditEntry) -> Severity? {
        let names = entry.path.lowercased().split(separator: "/")
        guard let name = names.last else { return nil }
        if isSecret(String(name)) { return .error }
        let ending = name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? ""
        let stem = name.prefix { $0 != "." }.filter { $0 != "_" && $0 != "-" }
        if secretStems.contains(stem), dataEndings.contains(String(ending)) { return .error }
        let isApart = names.dropLast().contains { secretDirectories.contains(String($0)) }
        return isApart && !otherEndings.contains(String(ending)) ? .warning : nil
    }

    private static func isSecret(_ name: String) -> Bool {
        if secretNames.contains(name) { return true }
        if [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"].contains(where: name.hasSuffix) {
            return true
        }
        let examples = [".example", ".sample", ".template", ".dist"]
        return name.hasPrefix(".env.") && !examples.contains(where: name.hasSuffix)
    }
}
