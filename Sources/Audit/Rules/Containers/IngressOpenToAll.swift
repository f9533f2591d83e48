// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadIngressOpenToAll = Rule(
        id: "BKL-D063",
        title: "Ingress lets everybody call, or as often as they like",
        severity: .note,
        why: """
            Triton knows no callers: who reaches it may use every model, as often as the network lets them. What stands before \
            it has to ask who calls, and to bound how often.
            """,
        mend: """
            nginx: `limit-rps` and `limit-connections`; `auth-tls-secret` with `auth-tls-verify-client`, or `auth-url`, or a \
            list of networks.
            """,
        references: [
            .cwe(306), .cwe(770), .owasp("A01:2025"), .owaspLLM("LLM10"),
            .sheet("Triton: Secure gRPC and HTTP Endpoints"),
        ],
        bad: [
            ingress("", before: "nvcr.io/nvidia/tritonserver:26.06-py3"),
            ingress("limit-rps: '20'", before: "nvcr.io/nvidia/tritonserver:26.06-py3"),
            ingress("auth-url: https://sso.example.org/check", before: "nvcr.io/nvidia/tritonserver:26.06-py3"),
            ingress("proxy-body-size: 1m", before: "web:1.0"),
        ],
        good: [
            ingress("", before: "web:1.0"),
            ingress("ssl-redirect: 'true'", before: "web:1.0"),
            ingress("proxy-body-size: 1m\n    nginx.ingress.kubernetes.io/limit-rps: '20'", before: "web:1.0"),
            ingress(
                "auth-url: https://sso.example.org/check\n    nginx.ingress.kubernetes.io/limit-rps: '20'",
                before: "nvcr.io/nvidia/tritonserver:26.06-py3"
            ),
        ],
        checks: [
            .project { project, findings in
                let servers = project.containers.filter { $0.origin == .kubernetes && isTriton($0) }
                let directories = Set(servers.map { directory(of: $0.place) })
                for workload in project.workloads {
                    guard let ingress = workload.ingress, isNginx(ingress) else { continue }
                    let names = Set(ingress.annotations.map(\.name))
                    // Text of the controller's own configuration may say it all.
                    guard !names.contains(where: { $0.hasSuffix("-snippet") }) else { continue }
                    let isTriton = directories.contains(directory(of: workload.place))
                    if isTriton, names.isDisjoint(with: askingWho) {
                        findings.add(
                            workload.place,
                            "\(workload.described) lets everybody call Triton, which does not ask who they are"
                        )
                    }
                    if isTriton || !names.isDisjoint(with: otherGuards), names.isDisjoint(with: boundingRates) {
                        findings.add(
                            workload.place,
                            "\(workload.described) does not limit how often one address may call"
                        )
                    }
                }
            }
        ]
    )

    private static func ingress(_ annotation: String, before image: String) -> RuleExample {
        let annotations = annotation.isEmpty ? "" : "  annotations:\n    nginx.ingress.kubernetes.io/\(annotation)\n"
        return .files([
            "deploy/ingress.yaml":
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n\(annotations)"
                + "spec:\n  ingressClassName: nginx\n  tls:\n  - hosts: [a.example.org]\n    secretName: a\n",
            "deploy/pod.yaml":
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: \(image)\n",
        ])
    }

    private static let askingWho: Set<String> = [
        "auth-url", "auth-type", "auth-tls-secret", "auth-tls-verify-client", "enable-global-auth",
        "whitelist-source-range", "allowlist-source-range",
    ]
    private static let boundingRates: Set<String> = ["limit-rps", "limit-rpm", "limit-connections"]
    /// Of who writes these one may think that the rate was forgotten.
    private static let otherGuards = askingWho.union(["proxy-body-size"])

    /// Others are told the same by resources of their own.
    private static func isNginx(_ ingress: Workload.Ingress) -> Bool {
        ingress.controller?.contains("nginx") ?? ingress.annotations.contains { $0.reader.contains("nginx") }
    }

    private static func isTriton(_ container: Container) -> Bool {
        let image = container.image.map { ShellCommand.baseName($0.value) } ?? ""
        return image.hasPrefix("tritonserver") || ShellCommand(container.command)?.program == "tritonserver"
    }

    private static func directory(of place: Place) -> Substring {
        place.file.lastIndex(of: "/").map { place.file[..<$0] } ?? ""
    }
}
