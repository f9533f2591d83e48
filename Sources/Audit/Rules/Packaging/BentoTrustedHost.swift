// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoTrustedHost = Rule(
        id: "BKL-B005",
        title: "A package index is trusted without a certificate",
        severity: .error,
        why: "pip then takes any certificate, or none: whoever is on the way puts other packages in place.",
        mend: "Give pip the authority's certificate (PIP_CERT) and leave trusted_host out.",
        references: [.cwe(295), .owasp("A02:2025")],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  trusted_host: ['pypi.example']\n"),
            .file("requirements.txt", "--trusted-host pypi.example\nflask==3.0.0\n"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  pip_args: '--trusted-host=pypi.example'\n"),
            .file("Pipfile.lock", "{\"_meta\": {\"sources\": [{\"url\": \"https://h/s\", \"verify_ssl\": false}]}}"),
            .file("requirements.txt", "--trusted pypi.example\nflask==3.0.0\n"),
            .file("uv.toml", "allow-insecure-host = ['pypi.example']\n"),
            .file("pyproject.toml", "[tool.uv]\nallow-insecure-host = ['pypi.example']\n"),
        ],
        good: [
            .file("Pipfile.lock", "{\"_meta\": {\"sources\": [{\"url\": \"https://h/s\", \"verify_ssl\": true}]}}"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  index_url: https://pypi.example/simple\n"),
        ],
        checks: [
            .bentoBuild { build, findings in trusted(PackageSource.all(of: build), &findings) },
            .requirements { file, findings in trusted(PackageSource.all(of: file), &findings) },
        ]
    )

    private static func trusted(_ sources: [PackageSource], _ findings: inout Findings) {
        for source in sources where source.kind == .trustedHost {
            findings.add(source.place, "host \(Printed.quoted(source.value)) is trusted without a certificate")
        }
    }
}
