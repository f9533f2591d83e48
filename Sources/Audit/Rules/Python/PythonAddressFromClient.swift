// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonAddressFromClient = Rule(
        id: "BKL-P008",
        title: "A client chooses an address that the server asks",
        severity: .error,
        why: "The server reaches what the client cannot: the metadata of the cloud, other services, itself.",
        mend: "Let clients send the data, not where it lies; or choose among addresses that the code holds itself.",
        references: [.cwe(918), .owasp("A01:2025"), .cve("CVE-2025-54381"), .cve("CVE-2023-43654"), .bandit("B310")],
        bad: [
            .file(
                "service.py",
                """
                import bentoml, requests
                @bentoml.service
                class Images:
                    @bentoml.api
                    def classify(self, url: str) -> str:
                        return requests.get(url, timeout=5).text
                """
            ),
            .file(
                "model.py",
                """
                import requests
                class TritonPythonModel:
                    def execute(self, requests_):
                        return None
                    @bentoml.task
                    def fetch(self, host):
                        return requests.get(f"http://{host}/x")
                """
            ),
        ],
        good: [
            .file(
                "service.py",
                """
                import bentoml, requests
                @bentoml.api
                def classify(self, text: str) -> str:
                    return requests.post("https://example.org/log", json={"text": text}).text
                """
            )
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where call.handler != nil {
                    guard let position = PythonNames.addresses[call.name] else { continue }
                    let address = call.argument("url", at: position)
                    if let parameter = address?.taint.first, !hasFixedHost(address) {
                        findings.add(
                            call.place,
                            "\(call.printedName) asks an address by \(PythonCall.source(parameter))"
                        )
                    } else if call.handler == .triton || call.handler == .runnable {
                        let message = "\(call.printedName) uses the network for each request"
                        findings.add(call.place, message, weaker: .warning)
                    }
                }
            }
        ]
    )

    /// `f"https://host/{path}"`: the client chooses what is asked, and not whom.
    private static func hasFixedHost(_ address: PythonValue?) -> Bool {
        guard let text = address?.name, text.hasPrefix("f:") else { return false }
        guard let scheme = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let rest = text.utf8[scheme...].dropFirst(2)
        return text.contains("://") && rest.contains(UInt8(ascii: "/"))
    }
}
