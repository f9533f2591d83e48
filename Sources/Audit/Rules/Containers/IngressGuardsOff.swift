// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let workloadIngressGuardsOff = Rule(
        id: "BKL-D044",
        title: "Ingress has a guard turned off",
        severity: .warning,
        why: """
            An ingress is where TLS, certificates of clients and limits of requests are asked for. An annotation that turns \
            one off holds for everything behind it.
            """,
        mend: "Drop the annotation, or give it a value that bounds: a rate, a size, the origins and networks by name.",
        references: [
            .cwe(319), .cwe(295), .cwe(770), .cwe(942), .owasp("A05:2025"), .cve("CVE-2021-25742"),
            .sheet("Triton: Secure gRPC and HTTP Endpoints"),
        ],
        bad: [
            ingress("nginx.ingress.kubernetes.io/ssl-redirect: 'false'"),
            ingress("haproxy.org/ssl-redirect: 'false'"),
            ingress("nginx.ingress.kubernetes.io/auth-tls-verify-client: 'off'"),
            ingress("nginx.ingress.kubernetes.io/auth-tls-verify-client: optional_no_ca"),
            ingress(
                "nginx.ingress.kubernetes.io/proxy-ssl-verify: 'off'\n    nginx.ingress.kubernetes.io/limit-rps: '5'"
            ),
            ingress("nginx.ingress.kubernetes.io/limit-rps: '0'"),
            ingress("nginx.ingress.kubernetes.io/limit-rps: '2000'"),
            ingress("nginx.ingress.kubernetes.io/limit-rpm: '99999999999999999999'"),
            ingress("nginx.ingress.kubernetes.io/limit-connections: '5000'"),
            ingress("nginx.ingress.kubernetes.io/proxy-body-size: '0'"),
            ingress("nginx.ingress.kubernetes.io/proxy-body-size: 4g"),
            ingress("nginx.ingress.kubernetes.io/enable-cors: 'true'"),
            ingress("nginx.ingress.kubernetes.io/whitelist-source-range: 0.0.0.0/0"),
            ingress("nginx.ingress.kubernetes.io/configuration-snippet: 'more_set_headers \"A: b\";'"),
        ],
        good: [
            ingress("nginx.ingress.kubernetes.io/ssl-redirect: 'true'"),
            ingress("nginx.ingress.kubernetes.io/auth-tls-verify-client: 'on'"),
            ingress("nginx.ingress.kubernetes.io/proxy-body-size: 8m"),
            ingress("nginx.ingress.kubernetes.io/limit-rpm: '3000'"),
            ingress("nginx.ingress.kubernetes.io/limit-connections: '50'"),
            ingress(
                "nginx.ingress.kubernetes.io/enable-cors: 'true'\n"
                    + "    nginx.ingress.kubernetes.io/cors-allow-origin: https://app.example.org"
            ),
        ],
        checks: [
            .workload { workload, findings in
                guard let ingress = workload.ingress else { return }
                let read = ingress.annotations.filter { annotation in
                    ["nginx", "haproxy"].contains { annotation.reader.contains($0) }
                }
                let origins = read.first { $0.name == "cors-allow-origin" }?.value
                for annotation in read {
                    guard let (what, severity) = looseness(annotation, origins: origins) else { continue }
                    let name = Printed.cut(annotation.name, limit: 60)
                    findings.add(
                        annotation.value.place,
                        "\(workload.described) \(what): \(name) is \(Printed.quoted(annotation.value.value))",
                        weaker: severity
                    )
                }
            }
        ]
    )

    private static func ingress(_ annotation: String) -> RuleExample {
        .file(
            "ingress.yaml",
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n  annotations:\n    " + annotation
                + "\nspec:\n  tls:\n  - hosts: [a.example.org]\n    secretName: a-tls\n"
        )
    }

    /// What an annotation lets happen, and how bad that is at most.
    private static func looseness(
        _ annotation: Workload.Annotation,
        origins: Located<String>?
    ) -> (String, Severity)? {
        let value = annotation.value.value.lowercased()
        let isOff = ["false", "off", "0", "no"].contains(value)
        switch annotation.name {
        case "ssl-redirect", "force-ssl-redirect":
            return isOff ? ("answers calls in clear", .warning) : nil
        case "auth-tls-verify-client":
            return isOff || value.hasPrefix("optional") ? ("takes clients without a certificate", .warning) : nil
        case "proxy-ssl-verify":
            return isOff ? ("does not check the certificate of what it calls", .note) : nil
        case "limit-rps", "limit-rpm", "limit-connections", "rate-limit-requests":
            if isOff { return ("does not limit how often callers call", .warning) }
            return isWideRate(value, perMinute: annotation.name == "limit-rpm")
                ? ("hardly limits how often callers call", .note) : nil
        case "proxy-body-size", "client-max-body-size": return looseSize(value)
        case "enable-cors":
            let isNamed = origins.map { !$0.value.contains("*") } ?? false
            return !isOff && !isNamed ? ("lets pages of every site call", .warning) : nil
        case "whitelist-source-range", "allowlist-source-range":
            return value.contains("/0") ? ("lets every address in by its list of networks", .warning) : nil
        case "configuration-snippet", "server-snippet":
            return ("writes text of its own into the controller's configuration", .note)
        default: return nil
        }
    }

    /// Requests a second, or connections, of one address: who may have so many can fill a model server alone.
    private static let wideRate = 1000

    private static func isWideRate(_ value: String, perMinute: Bool) -> Bool {
        guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return (Int(value) ?? .max) >= wideRate * (perMinute ? 60 : 1)
    }

    /// More than Triton itself takes unless it is told to.
    private static let wideBody = 64 << 20

    private static func looseSize(_ value: String) -> (String, Severity)? {
        guard let bytes = Quantities.bytes(value) else { return nil }
        if bytes == 0 || bytes >= 1 << 30 { return ("takes bodies of any size", .warning) }
        return bytes > wideBody ? ("takes large bodies", .note) : nil
    }
}
