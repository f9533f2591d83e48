// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoOwnBuildCode = Rule(
        id: "BKL-B007",
        title: "The build runs code of its own",
        severity: .warning,
        why:
            "A script or template runs while the image is built, as root; BentoML expands templates on the "
            + "host itself.",
        mend: "Do without, or keep the file beside the build and review it like code.",
        references: [
            .cwe(94), .cwe(1336), .cve("CVE-2026-35044"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  setup_script: ./setup.sh\n"),
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  dockerfile_template: ./Dockerfile.template\n"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  pip_args: '--no-build-isolation'\n"),
        ],
        good: [.file("bentofile.yaml", "service: 'a:b'\ndocker:\n  python_version: '3.11'\n")],
        checks: [
            .bentoBuild { build, findings in
                for field in ["setup_script", "dockerfile_template"] {
                    guard let member = build.docker?.member(field), let value = member.value.text else { continue }
                    findings.add(
                        member.keyPlace,
                        "'docker.\(field)' runs \(Printed.quoted(value)) while the image is built"
                    )
                }
                if let member = build.python?.member("pip_args"), let value = member.value.text, !value.isEmpty {
                    findings.add(member.keyPlace, "'python.pip_args' hands \(Printed.quoted(value)) to pip unseen")
                }
            }
        ]
    )
}
