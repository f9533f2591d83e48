// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoLatestModel = Rule(
        id: "BKL-B017",
        title: "The newest version of a model is packed",
        severity: .warning,
        why: "Whoever can save a model has it served by the next build, untested.",
        mend: "Name the version: iris_clf:xzy6ulpz.",
        references: [.cwe(1357), .owaspLLM("LLM03"), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\nmodels: ['iris:latest']\n"),
            .file("bentofile.yaml", "service: 'a:b'\nmodels:\n  - tag: iris\n"),
        ],
        good: [.file("bentofile.yaml", "service: 'a:b'\nmodels: ['iris:xzy6ulpz']\n")],
        checks: [
            .bentoBuild { build, findings in
                for model in build.root["models"]?.items ?? [] {
                    guard let tag = model.located ?? model["tag"]?.located else { continue }
                    let version = tag.value.split(separator: ":", maxSplits: 1).dropFirst().first
                    guard version == nil || version == "latest" else { continue }
                    findings.add(tag.place, "model \(Printed.quoted(tag.value)) is whichever version is newest")
                }
            }
        ]
    )
}
