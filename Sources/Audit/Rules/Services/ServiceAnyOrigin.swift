// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceAnyOrigin = Rule(
        id: "BKL-S004",
        title: "Pages of any origin may call the service",
        severity: .error,
        why: "Any page that somebody with access opens calls the service in their name and reads what it answers.",
        mend: "Name the origins: allow_origins=['https://trusted-domain.com'].",
        references: [
            .cwe(942), .cwe(346), .owasp("A02:2025"), .sheet("BentoML: Implement API Authentication and Rate Limiting"),
        ],
        bad: [
            .file(
                "service.py",
                """
                svc.add_asgi_middleware(
                    CORSMiddleware,
                    allow_origins=["*"],
                    allow_methods=["*"],
                    allow_headers=["*"]
                )
                """
            ),
            .file("service.py", "svc.add_asgi_middleware(CORSMiddleware, allow_origins=['http://a.example'])\n"),
            .file("app.py", "from flask_cors import CORS\nfrom flask import Flask\napp = Flask('a')\nCORS(app)\n"),
            .file(
                "configuration.yaml",
                "services:\n  iris:\n    traffic: {timeout: 9}\n    http:\n"
                    + "      cors: {enabled: true, access_control_allow_origins: ['*']}\n"
            ),
            .file(
                "configuration.yaml",
                "api_server:\n  timeout: 9\n  http:\n"
                    + "    cors: {enabled: true, access_control_allow_origins: ['http://desk.example.org']}\n"
            ),
        ],
        good: [
            .file(
                "service.py",
                "svc.add_asgi_middleware(CORSMiddleware, allow_origins=['https://a.example'], allow_methods=['POST'])\n"
            ),
            .file(
                "configuration.yaml",
                "services:\n  iris:\n    traffic: {timeout: 9}\n    http:\n"
                    + "      cors: {enabled: false, access_control_allow_origins: ['*']}\n"
            ),
            .file("dev.py", "svc.add_asgi_middleware(CORSMiddleware, allow_origins=['http://localhost:5173'])\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls { opened(call, &findings) }
            },
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    guard let cors = section.node[path: "http", "cors"] ?? section.node["cors"],
                        cors["enabled"]?.bool != false
                    else { continue }
                    for member in cors.members where member.key.contains("origin") {
                        let values = member.value.items.compactMap(\.text) + [member.value.text].compactMap(\.self)
                        let key = Printed.cut(member.key, limit: 60)
                        if let open = values.first(where: isAny) {
                            findings.add(member.keyPlace, "'\(key)' allows \(Printed.quoted(open))")
                        } else if let plain = values.first(where: PlainAddress.isPlain) {
                            findings.add(member.keyPlace, "'\(key)' \(allowsPlain(plain))", weaker: .warning)
                        }
                    }
                }
            },
        ]
    )

    private static func opened(_ call: PythonCall, _ findings: inout Findings) {
        let isCORS =
            call.method.contains("CORS")
            || call.arguments.contains { $0.value.name?.hasSuffix("CORSMiddleware") == true }
        guard isCORS else { return }
        for keyword in ["allow_origins", "allow_origin_regex", "origins"] {
            guard let value = call.argument(keyword) else { continue }
            let texts = value.items.compactMap(\.text) + [value.text].compactMap(\.self)
            if let open = texts.first(where: isAny) {
                findings.add(
                    call.place,
                    "\(call.printedName) lets pages of any origin call (\(keyword) has \(Printed.quoted(open)))"
                )
            } else if let plain = texts.first(where: PlainAddress.isPlain) {
                findings.add(call.place, "'\(keyword)' \(allowsPlain(plain))", weaker: .warning)
            }
        }
        if call.name == "flask_cors.CORS", call.argument("origins") == nil, call.argument("resources") == nil {
            findings.add(call.place, "'CORS' lets pages of any origin call unless it is told which")
        }
    }

    private static func allowsPlain(_ origin: String) -> String {
        "allows \(Printed.quoted(origin)), whose pages anyone on the way to them can change"
    }

    private static func isAny(_ origin: String) -> Bool {
        ["*", ".*", "^.*$", ".+", "http://*", "https://*", "https?://.*", "https://.*", "null"].contains(origin)
    }
}
