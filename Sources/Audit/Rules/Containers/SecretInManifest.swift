// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerSecretInManifest = Rule(
        id: "BKL-D023",
        title: "Secret lies in a manifest",
        severity: .warning,
        why:
            "A Secret's manifest has its values in the clear or in base64, which everyone can undo who reads the file.",
        mend: "Make the Secret in the cluster, or keep it encrypted (sealed secrets, SOPS, an external store).",
        references: [
            .cwe(312), .cwe(798), .trivy("KSV-0109"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  key: secret123\n"),
            .file("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n  key: c2VjcmV0MTIz\n"),
        ],
        good: [
            .file("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n"),
            .file("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  key: ${KEY}\n"),
        ],
        checks: [
            .workload { workload, findings in
                guard workload.kind == "Secret" else { return }
                for entry in workload.entries {
                    guard let value = entry.value, SecretShapes.isLiteral(value.value) else { continue }
                    let name = Printed.quoted(entry.name.value)
                    findings.add(value.place, "\(workload.described) has the value of \(name) in the file")
                }
            }
        ],
        hidesLine: true
    )
}
