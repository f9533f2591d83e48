// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadManifestsFromElsewhere = Rule(
        id: "BKL-D054",
        title: "Manifests from elsewhere are not pinned",
        severity: .warning,
        why: """
            Whoever can write to that repository decides, at the next time of applying, what runs in the cluster and with \
            which rights.
            """,
        mend: "Name a commit: `?ref=` and its 40 digits. Or keep a copy that was read.",
        references: [.cwe(829), .cwe(494), .owasp("A08:2025"), .checkov("CKV_K8S_43")],
        bad: [
            .kustomization("- https://github.com/example/metrics//deploy?ref=main"),
            .kustomization("- github.com/example/metrics"),
            .kustomization("- git@github.com:example/metrics.git?ref=v1.2.0"),
            .kustomization("- https://raw.githubusercontent.com/example/metrics/main/all.yaml"),
        ],
        good: [
            .kustomization("- ../base\n- edge.yaml\n- base?x"),
            .kustomization("- https://github.com/example/metrics//deploy?ref=0123456789abcdef0123456789abcdef01234567"),
            .kustomization(
                "- https://raw.githubusercontent.com/a/b/0123456789abcdef0123456789abcdef01234567/all.yaml"
            ),
        ],
        checks: [
            .workload { workload, findings in
                for source in workload.kustomization?.sources ?? [] where isElsewhere(source.value) {
                    guard !namesCommit(source.value) else { continue }
                    findings.add(
                        source.place,
                        "\(workload.described) takes \(Printed.quoted(source.value)), whatever it is by then",
                        weaker: namesVersion(source.value) ? .note : nil
                    )
                }
            }
        ]
    )

    /// As kustomize tells addresses from files: by a scheme, a user, or the name of a host.
    private static func isElsewhere(_ source: String) -> Bool {
        guard !source.hasPrefix("."), !source.hasPrefix("/") else { return false }
        if source.contains("://") || source.hasPrefix("git::") { return true }
        let first = source.prefix { $0 != "/" && $0 != ":" }
        return first.count < source.count && (first.contains("@") || hosts.contains(first.lowercased()))
    }

    private static let hosts: Set<String> = ["github.com", "gitlab.com", "bitbucket.org", "gist.github.com"]

    private static func namesCommit(_ source: String) -> Bool {
        source.split { !$0.isHexDigit }.contains { $0.count == 40 || $0.count == 64 }
    }

    /// A tag, which may be moved but hardly is.
    private static func namesVersion(_ source: String) -> Bool {
        guard let query = source.split(separator: "?").dropFirst().last else { return false }
        return query.split(separator: "&").contains { part in
            guard let equals = part.firstIndex(of: "="), ["ref", "version"].contains(part[..<equals]) else {
                return false
            }
            let value = part[part.index(after: equals)...].drop { $0 == "v" }
            return value.first?.isNumber == true && value.contains(".")
        }
    }
}

extension RuleExample {
    /// A kustomization that is made of these.
    fileprivate static func kustomization(_ resources: String) -> RuleExample {
        .file(
            "kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n" + resources + "\n"
        )
    }
}
