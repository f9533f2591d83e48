// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoWrittenSecret = Rule(
        id: "BKL-B011",
        title: "A key stands in the build file",
        severity: .error,
        why: "Variables of the build are in the image for whoever has it, in its history as well.",
        mend: "Set the variable when the container is started, from a secret; and withdraw this one.",
        references: [
            .cwe(798), .cwe(526), .owasp("A07:2025"), .cisDocker("4.10"), .checkov("CKV_K8S_35"), .trivy("DS-0031"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file("bentofile.yaml", "docker:\n  env:\n    - API_KEY=secret123\n"),
            .file("bentofile.yaml", "service: 'a:b'\nenvs:\n  - name: DB_PASSWORD\n    value: hunter22\n"),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\npython:\n  index_url: https://user:pa55word@pypi.example/simple\n"
            ),
        ],
        good: [
            .file("bentofile.yaml", "docker:\n  env:\n    - PYTHONUNBUFFERED=1\n    - API_KEY=${API_KEY}\n"),
            .file("bentofile.yaml", "service: 'a:b'\nenvs:\n  - name: API_KEY\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                for variable in build.variables {
                    guard let value = variable.value else { continue }
                    if let kind = WrittenSecret.kind(of: value) {
                        findings.add(variable.place, "\(kind) is the value of \(Printed.quoted(variable.name))")
                    } else if WrittenSecret.isSecretName(variable.name), WrittenSecret.isValue(value, of: variable.name)
                    {
                        findings.add(
                            variable.place,
                            "the value of \(Printed.quoted(variable.name)) stands in the build file"
                        )
                    }
                }
                for source in PackageSource.all(of: build) {
                    guard let kind = WrittenSecret.kind(of: source.value) else { continue }
                    findings.add(source.place, "\(kind) stands in the build file")
                }
            },
            .requirements { file, findings in
                for (text, place) in file.options.map({ ($0.value, $0.place) })
                    + file.requirements.map({ ($0.address ?? "", $0.place) })
                {
                    guard let kind = WrittenSecret.kind(of: text.hasPrefix("git+") ? String(text.dropFirst(4)) : text)
                    else { continue }
                    findings.add(place, "\(kind) stands in the requirements")
                }
            },
        ],
        hidesLine: true
    )
}
