// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoForeignPackage = Rule(
        id: "BKL-B016",
        title: "A package comes from an address that can change",
        severity: .warning,
        why: "A branch, or a file without a hash, is whatever lies there when the image is built.",
        mend: "git+https://…@ and the whole commit; or an address with #sha256=….",
        references: [.cwe(494), .cwe(829), .owasp("A08:2025")],
        bad: [
            .file("requirements.txt", "git+https://github.com/example/a.git@main#egg=a\n"),
            .file("requirements.txt", "a @ https://files.example/a-1.0-py3-none-any.whl\n"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  packages: ['git+https://github.com/example/a.git']\n"),
        ],
        good: [
            .file(
                "requirements.txt",
                "git+https://github.com/example/a.git@0123456789012345678901234567890123456789\n-e .\n"
            ),
            .file(
                "requirements.txt",
                "a @ https://files.example/a-1.0-py3-none-any.whl#sha256=0123\n./wheels/b-1.0.whl\n"
            ),
        ],
        checks: [
            .bentoBuild { build, findings in foreign(build.packages, &findings) },
            .requirements { file, findings in foreign(file.requirements, &findings) },
        ]
    )

    private static func foreign(_ packages: [Requirement], _ findings: inout Findings) {
        for package in packages where !package.isPinned {
            guard let address = package.address, address.contains("://") || address.hasPrefix("git@") else { continue }
            findings.add(package.place, "package \(Printed.quoted(address)) is whatever lies there at the time")
        }
    }
}
