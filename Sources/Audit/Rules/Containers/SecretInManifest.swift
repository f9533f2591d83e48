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
            .file(
                "kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator:\n"
                    + "- {name: keys, literals: [admin=hunter2hunter2]}\n"
            ),
            .file(
                "secret.yaml",
                "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: '84619273'}\n"
            ),
        ],
        good: [
            .file(
                "kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator:\n"
                    + "- {name: keys, files: [admin]}\n"
            ),
            .file("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n"),
            .file("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  key: ${KEY}\n"),
        ],
        checks: [
            .workload { workload, findings in
                let entries = workload.kind == "Secret" ? workload.entries : workload.kustomization?.secrets ?? []
                for entry in entries {
                    guard let value = entry.value, SecretShapes.isLiteral(value.value, of: entry.name.value)
                    else { continue }
                    let name = Printed.quoted(entry.name.value)
                    findings.add(value.place, "\(workload.described) has the value of \(name) in the file")
                }
            }
        ],
        hidesLine: true
    )
}
