// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoPlainIndex = Rule(
        id: "BKL-B004",
        title: "Packages come without encryption",
        severity: .error,
        why: "Whoever is on the way puts other packages in their place, which run when they are installed.",
        mend: "https:// for every index and address.",
        references: [.cwe(319), .cwe(494), .owasp("A02:2025")],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  index_url: http://pypi.example/simple\n"),
            .file("requirements.txt", "-i http://pypi.example/simple\nflask==3.0.0\n"),
            .file("requirements.txt", "a @ http://files.example/a-1.0.whl\n"),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\npython:\n  pip_args: '--extra-index-url http://pypi.example/simple'\n"
            ),
        ],
        good: [
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  index_url: https://pypi.example/simple\n"),
            .file("requirements.txt", "--index-url=https://pypi.example/simple\nflask==3.0.0\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                look(at: PackageSource.all(of: build), build.packages, &findings)
            },
            .requirements { file, findings in look(at: PackageSource.all(of: file), file.requirements, &findings) },
        ]
    )

    private static func look(at sources: [PackageSource], _ packages: [Requirement], _ findings: inout Findings) {
        for source in sources where source.isPlain {
            findings.add(source.place, "packages come from \(Printed.quoted(source.value)) without encryption")
        }
        for package in packages {
            guard let address = package.address, PackageSource.isPlain(address) else { continue }
            findings.add(package.place, "a package comes from \(Printed.quoted(address)) without encryption")
        }
    }
}
