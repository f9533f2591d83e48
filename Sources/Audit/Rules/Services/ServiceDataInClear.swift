// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceDataInClear = Rule(
        id: "BKL-S019",
        title: "Data goes over the network in clear",
        severity: .warning,
        why: "Whoever is on the way reads what is sent, puts another answer in its place, and takes the keys with it.",
        mend: "https:// for each address that is not this machine's own.",
        references: [.cwe(319), .owasp("A02:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .file("a.py", "import urllib.request\nurllib.request.urlopen('http://reports.example.org/count')\n"),
            .file("b.py", "import requests\nrequests.post(f'http://models.example.org/{name}', json=data)\n"),
            .file(
                "configuration.yaml",
                "api_server: {timeout: 9}\ntracing:\n  otlp: {protocol: http, endpoint: 'http://traces.example.org/v1'}\n"
            ),
        ],
        good: [
            .file("a.py", "import requests\nrequests.get('https://models.example.org')\n"),
            .file("b.py", "import requests\nrequests.get('http://localhost:8000/v2/health/ready')\n"),
            .file("c.py", "import requests\nrequests.get('http://triton:8000/v2/health/ready')\n"),
            .file(
                "configuration.yaml",
                "api_server: {timeout: 9}\ntracing:\n  otlp: {endpoint: 'http://otel.monitoring.svc:4318'}\n"
            ),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls {
                    guard let position = PythonNames.addresses[call.name],
                        let address = call.argument("url", at: position).flatMap(written),
                        WebAddress.isFarInClear(address)
                    else { continue }
                    findings.add(call.place, "\(call.printedName) asks \(Printed.quoted(address)) without encryption")
                }
            },
            .bentoConfiguration { document, findings in
                for kind in document.root["tracing"]?.members ?? [] {
                    for member in [kind] + kind.value.members {
                        guard let address = member.value.located, WebAddress.isFarInClear(address.value) else {
                            continue
                        }
                        findings.add(address.place, "traces go to \(Printed.quoted(address.value)) without encryption")
                    }
                }
            },
        ]
    )

    /// A text, or how one begins that is put together.
    private static func written(_ value: PythonValue) -> String? {
        value.text ?? value.name.flatMap { $0.hasPrefix("f:") ? String($0.dropFirst(2)) : nil }
    }
}
