// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceOldTLS = Rule(
        id: "BKL-S021",
        title: "TLS that was broken long ago",
        severity: .warning,
        why:
            "Old versions and ciphers are broken by whoever records the traffic, or stands in between and asks for them.",
        mend: "Leave the choice to the library, or name AEAD ciphers: ciphers: ECDHE+AESGCM; TLS 1.2 or later.",
        references: [.cwe(326), .cwe(327), .owasp("A04:2025"), .bandit("B502"), .bandit("B503")],
        bad: [
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  ssl: {enabled: true, ciphers: TLSv1}\n"),
            .file("configuration.yaml", "api_server:\n  timeout: 9\n  ssl: {enabled: true, version: 3}\n"),
            .file("a.py", "import ssl\ncontext = ssl.create_default_context()\ncontext.set_ciphers('ALL:!aNULL')\n"),
            .file("b.py", "import ssl\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLSv1)\n"),
            .file(
                "c.py",
                "import ssl\ncontext = ssl.create_default_context()\ncontext.minimum_version = ssl.TLSVersion.TLSv1\n"
            ),
        ],
        good: [
            .file(
                "configuration.yaml",
                "api_server:\n  timeout: 9\n  ssl: {enabled: true, version: 17, ciphers: 'ECDHE+AESGCM:!aNULL:!RC4'}\n"
            ),
            .file(
                "a.py",
                "import ssl\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"
                    + "context.minimum_version = ssl.TLSVersion.TLSv1_2\ncontext.set_ciphers('HIGH:!aNULL:!MD5')\n"
            ),
        ],
        checks: [
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    let ssl = section.node["ssl"]
                    if let list = ssl?["ciphers"]?.located, let cipher = broken(list.value) {
                        findings.add(list.place, "'ciphers' of \(Printed.quoted(section.name)) has \(cipher)")
                    }
                    if let version = ssl?["version"]?.located, oldVersions.contains(version.value) {
                        let name = Printed.quoted(version.value)
                        findings.add(
                            version.place,
                            "'version' \(name) of \(Printed.quoted(section.name)) is an old TLS"
                        )
                    }
                }
            },
            .python { module, findings in
                for call in module.calls {
                    if call.method == "set_ciphers", let cipher = (call.first?.text).flatMap(broken) {
                        findings.add(call.place, "\(call.printedName) is given \(cipher)")
                    }
                    let versions = call.arguments.compactMap(\.value.name).filter(oldVersions.contains)
                    if let version = versions.first {
                        findings.add(call.place, "\(call.printedName) is given '\(version)'")
                    }
                }
                for setting in module.settings where setting.attribute == "minimum_version" {
                    guard let version = setting.value.name, oldVersions.contains(version) else { continue }
                    findings.add(setting.place, "\(Printed.quoted(setting.name)) is set to '\(version)'")
                }
            },
        ]
    )

    /// As Python's `ssl` calls and numbers them.
    private static let oldVersions: Set<String> = [
        "0", "1", "3", "4", "ssl.PROTOCOL_SSLv2", "ssl.PROTOCOL_SSLv3", "ssl.PROTOCOL_TLSv1", "ssl.PROTOCOL_TLSv1_1",
        "ssl.TLSVersion.SSLv3", "ssl.TLSVersion.TLSv1", "ssl.TLSVersion.TLSv1_1", "ssl.TLSVersion.MINIMUM_SUPPORTED",
    ]

    private static let brokenCiphers: Set<Substring> = [
        "tlsv1", "tlsv1.0", "sslv2", "sslv3", "null", "enull", "anull", "complementofall", "complementofdefault", "all",
        "rc4", "rc2", "des", "3des", "idea", "seed", "md5", "low", "exp", "export", "export40", "export56", "adh",
        "aecdh",
    ]

    /// The first cipher of OpenSSL's list that nobody should be offered, quoted; those with `!` or `-` are left out.
    private static func broken(_ list: String) -> String? {
        let wanted = list.split { ": ,".contains($0) }.prefix(200).filter { !"!-@".contains($0.first ?? " ") }
        return wanted.first { cipher in
            cipher.lowercased().split { "+-".contains($0) }.contains { brokenCiphers.contains($0) }
        }
        .map { Printed.quoted($0) }
    }
}
