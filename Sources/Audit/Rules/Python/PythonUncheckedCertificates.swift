// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonUncheckedCertificates = Rule(
        id: "BKL-P012",
        title: "Certificates are not checked",
        severity: .error,
        why: "Whoever is on the way reads and changes all that is sent, keys and models among it.",
        mend: "Leave verification on; give the authority's certificate for one of your own (verify='ca.crt').",
        references: [
            .cwe(295), .owasp("A02:2025"), .bandit("B501"), .bandit("B323"),
            .sheet("Triton: Secure gRPC and HTTP Endpoints"),
        ],
        bad: [
            .file("a.py", "import requests\nrequests.get('https://models.example/m', verify=False)\n"),
            .file("b.py", "import ssl\ncontext = ssl._create_unverified_context()\n"),
            .file("d.py", "import ssl\nc = ssl.create_default_context()\nc.verify_mode = ssl.CERT_NONE\n"),
            .file("e.py", "import ssl\nc = ssl.create_default_context()\nc.check_hostname = False\n"),
            .file("f.py", "import requests\nsession = requests.Session()\nsession.verify = False\n"),
            .file("g.py", "import ssl\nssl._create_default_https_context = ssl._create_unverified_context\n"),
            .file(
                "c.py",
                "import tritonclient.http as h\nc = h.InferenceServerClient(url='a', ssl=True, insecure=True)\n"
            ),
        ],
        good: [
            .file("a.py", "import requests\nrequests.get('https://models.example/m', verify='ca.crt')\n"),
            .file("c.py", "import ssl\nc = ssl.create_default_context()\nc.verify_mode = ssl.CERT_REQUIRED\n"),
            .file("g.py", "import ssl\nssl._create_default_https_context = ssl.create_default_context\n"),
            .file("b.py", "import jwt\nclaims = checker.load(x, verify=True)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls {
                    guard let what = unchecked(call) else { continue }
                    findings.add(call.place, "\(call.printedName) \(what)")
                }
                for setting in module.settings where turnsCheckingOff(setting) {
                    findings.add(
                        setting.place,
                        "\(Printed.quoted(setting.name)) is set so that certificates are not checked"
                    )
                }
                for setting in module.settings where isUncheckedDefault(setting) {
                    findings.add(
                        setting.place,
                        "\(Printed.quoted(setting.name)) is set so that no connection of the process, unless it "
                            + "says otherwise, checks certificates",
                        weaker: .warning
                    )
                }
            }
        ]
    )

    private static func isUncheckedDefault(_ setting: PythonSetting) -> Bool {
        guard setting.attribute == "_create_default_https_context", let name = setting.value.name else { return false }
        return ["ssl._create_unverified_context", "ssl._create_stdlib_context"].contains(name)
    }

    private static func turnsCheckingOff(_ setting: PythonSetting) -> Bool {
        switch setting.attribute {
        case "verify_mode": setting.value.name == "ssl.CERT_NONE" || setting.value.number == "0"
        case "check_hostname": setting.value.bool == false
        case "verify": setting.value.bool == false && setting.name.lowercased().contains("session")
        default: false
        }
    }

    private static let asking: Set<Substring> = ["get", "post", "put", "patch", "delete", "head", "request"]
    private static let clients = ["requests.", "httpx.", "urllib3.", "aiohttp.", "tritonclient.", "bentoml."]

    private static func unchecked(_ call: PythonCall) -> String? {
        let isUnverified = ["_create_unverified_context", "_create_stdlib_context"].contains { call.method == $0 }
        if isUnverified { return "makes connections that check no certificate" }
        if call.argument("verify")?.bool == false,
            clients.contains(where: call.name.hasPrefix) || asking.contains(call.method)
        {
            return "is told to check no certificate (verify=False)"
        }
        if call.argument("insecure")?.bool == true, call.method == "InferenceServerClient" {
            return "is told to check no certificate (insecure=True)"
        }
        if let context = call.argument("ssl_context_factory")?.name, context.contains("unverified") {
            return "is told to check no certificate (\(Printed.cut(context, limit: 60)))"
        }
        if call.argument("cert_reqs")?.name == "ssl.CERT_NONE" || call.argument("cert_reqs")?.text == "CERT_NONE" {
            return "is told to check no certificate (CERT_NONE)"
        }
        if call.name.hasPrefix("aiohttp."),
            call.argument("ssl")?.bool == false || call.argument("verify_ssl")?.bool == false
        {
            return "is told to check no certificate (ssl=False)"
        }
        return nil
    }
}
