// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let allVersions = Rule(
        id: "BKL-R010",
        title: "Every version is served",
        severity: .warning,
        why: """
            'all' also loads versions that nobody has tested or that were withdrawn for a reason, and each takes memory: \
            whoever can write a directory into the model puts it in service.
            """,
        mend: "Name those that are meant: version_policy { specific { versions: [ 1, 2 ] } }, or latest.",
        references: [.cwe(400), .owaspLLM("LLM05"), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [.config("version_policy: { all: {} }")],
        good: [
            .config(""), .config("version_policy: { specific: { versions: [1, 2] } }"),
            .config("version_policy: { latest: { num_versions: 2 } }"),
        ],
        checks: [
            .modelConfig { file, findings in
                switch file.config.versionPolicy.policyChoice {
                case .all:
                    findings.add(
                        file.place("version_policy.all"),
                        "model \(Printed.quoted(file.modelName)) serves every version that its directory has"
                    )
                case .latest(let latest) where latest.numVersions > mostVersions:
                    findings.add(
                        file.place("version_policy.latest.num_versions"),
                        "model \(Printed.quoted(file.modelName)) serves its \(latest.numVersions) latest versions"
                    )
                default: break
                }
            }
        ]
    )

    private static let mostVersions: UInt32 = 8
}
