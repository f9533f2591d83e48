// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoExtraIndex = Rule(
        id: "BKL-B006",
        title: "Packages may come from either of several places",
        severity: .warning,
        why:
            "pip takes the newest version of any of them: whoever publishes a private package's name on the "
            + "public index, "
            + "with a higher number, has it installed.",
        mend: "One index that has everything (index_url); or hashes for every package.",
        references: [.cwe(427), .cwe(829), .owasp("A03:2025")],
        bad: [
            .file("requirements.txt", "--extra-index-url https://pypi.example/simple\nours==1.0\n"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  extra_index_url: ['https://pypi.example/simple']\n"),
            .file(
                "pyproject.toml",
                "[tool.uv]\nindex-strategy = 'unsafe-best-match'\nextra-index-url = ['https://pypi.example/simple']\n"
                    + "[project]\ndependencies = ['ours==1.0']\n"
            ),
        ],
        good: [
            .file(
                "pyproject.toml",
                "[project]\ndependencies = ['a==1']\n[tool.uv]\nextra-index-url = ['https://pypi.example/simple']\n"
            ),
            .file("requirements.txt", "--extra-index-url https://download.pytorch.org/whl/cu121\ntorch==2.4.0\n"),
            .file("requirements.txt", "--index-url https://pypi.example/simple\nours==1.0\n"),
        ],
        checks: [
            .bentoBuild { build, findings in several(PackageSource.all(of: build), &findings) },
            .requirements { file, findings in
                guard file.requirements.contains(where: { $0.hashes.isEmpty }) else { return }
                several(PackageSource.all(of: file), &findings)
            },
        ]
    )

    /// Where makers of frameworks have what the public index has not; both are public, and the names their own.
    private static let wellKnown = [
        "https://download.pytorch.org/", "https://pypi.nvidia.com", "https://pypi.ngc.nvidia.com",
    ]

    private static func several(_ sources: [PackageSource], _ findings: inout Findings) {
        for source in sources where source.kind == .extraIndex || source.kind == .findLinks {
            guard !wellKnown.contains(where: source.value.hasPrefix) else { continue }
            findings.add(
                source.place,
                "packages may come from \(Printed.quoted(source.value)) or from the index, whichever is newer"
            )
        }
    }
}
