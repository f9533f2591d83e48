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
            .file("service.py", "import bentoml\nimage = bentoml.images.Image().run_script('./setup.sh')\n"),
            .file("service.py", "import bentoml\nimage = bentoml.images.Image().run(command())\n"),
        ],
        good: [
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  python_version: '3.11'\n"),
            .file("service.py", "import bentoml\nimage = bentoml.images.Image(python_version='3.11').run('ls')\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                for field in ["setup_script", "dockerfile_template", "run_script"] {
                    guard let member = build.docker?.member(field), let value = member.value.text else { continue }
                    findings.add(
                        member.keyPlace,
                        "'\(field)' runs \(Printed.quoted(value)) while the image is built"
                    )
                }
                if let member = build.python?.member("pip_args"), let value = member.value.text, !value.isEmpty {
                    findings.add(member.keyPlace, "'python.pip_args' hands \(Printed.quoted(value)) to pip unseen")
                }
            },
            .python { module, findings in
                for call in module.calls where call.name.hasPrefix("bentoml.images.") && call.method == "run" {
                    guard (call.first ?? call.argument("command"))?.text == nil else { continue }
                    let message = "'run' runs a command while the image is built that the source does not hold itself"
                    findings.add(call.place, message, weaker: .note)
                }
            },
        ]
    )
}
