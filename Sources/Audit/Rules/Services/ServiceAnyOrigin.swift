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
                "service.py",
                """
                import bentoml
                @bentoml.service(http={"cors": {"enabled": True, "access_control_allow_origins": ["*"]}})
                class Iris: ...
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                ORIGINS = ["*"]
                SETTINGS = {"workers": 2}
                SETTINGS["http"] = {"cors": {"enabled": True, "access_control_allow_origins": ORIGINS}}
                @bentoml.service(**SETTINGS)
                class Iris: ...
                """
            ),
            .file(
                "app.py",
                """
                options = {"allow_origins": ["*"], "allow_credentials": True}
                app.add_middleware(CORSMiddleware, **options)
                """
            ),
            .file(
                "configuration.yaml",
                "api_server:\n  timeout: 9\n  http:\n"
                    + "    cors: {enabled: true, access_control_allow_origins: ['http://desk.example.org']}\n"
            ),
            .file(
                "bentoml_configuration.yaml",
                "services:\n  traffic: {timeout: 9}\n  http:\n"
                    + "    cors: {enabled: true, access_control_allow_origins: ['*']}\n"
            ),
            .file(
                "serving.yaml",
                "version: 2\nservices:\n  traffic: {timeout: 9}\n  iris: {workers: 2}\n  http:\n"
                    + "    cors: {enabled: true, access_control_allow_origins: ['*']}\n"
            ),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\nenvs:\n- name: BENTOML_CONFIG_OPTIONS\n"
                    + "  value: api_server.http.cors.access_control_allow_origins=*\n"
            ),
            .service(
                "image: a:1.0\nenvironment:\n  BENTOML_CONFIG_OPTIONS: api_server.http.cors.access_control_allow_origins=*"
            ),
            .dockerfile(
                "FROM python:3.11-slim\n"
                    + "ENV BENTOML_CONFIG_OPTIONS='a.b=1 services.a.http.cors.access_control_allow_origins=[\"*\"]'"
            ),
        ],
        good: [
            .dockerfile(
                "FROM python:3.11-slim\n"
                    + "ENV BENTOML_CONFIG_OPTIONS='api_server.http.cors.access_control_allow_origins=https://a.example'"
            ),
            .file(
                "service.py",
                "svc.add_asgi_middleware(CORSMiddleware, allow_origins=['https://a.example'], allow_methods=['POST'])\n"
            ),
            .file(
                "configuration.yaml",
                "services:\n  iris:\n    traffic: {timeout: 9}\n    http:\n"
                    + "      cors: {enabled: false, access_control_allow_origins: ['*']}\n"
            ),
            .file(
                "service.py",
                """
                import bentoml
                CORS = {"enabled": True, "access_control_allow_origins": ["https://a.example"]}
                @bentoml.service(http={"cors": CORS})
                class Iris: ...
                """
            ),
            .file("dev.py", "svc.add_asgi_middleware(CORSMiddleware, allow_origins=['http://localhost:5173'])\n"),
        ],
        checks: [
            .container { container, findings in
                for variable in container.environment where variable.name.value == ServiceConfiguration.variable {
                    guard let value = variable.value else { continue }
                    options(value.value, at: value.place, &findings)
                }
            },
            .bentoBuild { build, findings in
                for variable in build.variables where variable.name == ServiceConfiguration.variable {
                    options(variable.value ?? "", at: variable.place, &findings)
                }
            },
            .dockerfile { file, findings in
                for instruction in file.instructions where instruction.keyword == "ENV" {
                    for pair in instruction.pairs where pair.name.value == ServiceConfiguration.variable {
                        options(pair.value?.text ?? "", at: pair.name.place, &findings)
                    }
                }
            },
            .python { module, findings in
                for call in module.calls {
                    opened(call, &findings)
                    if call.name == "bentoml.service", let cors = call.argument("http")?.member("cors") {
                        service(cors, at: call.place, &findings)
                    }
                }
            },
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    guard let cors = section.node[path: "http", "cors"] ?? section.node["cors"],
                        cors["enabled"]?.bool != false
                    else { continue }
                    for member in cors.members {
                        let values = member.value.items.compactMap(\.text) + [member.value.text].compactMap(\.self)
                        allowed(by: member.key, values, at: member.keyPlace, &findings)
                    }
                }
            },
        ]
    )

    /// Settings that a variable puts over those of the file.
    private static func options(_ text: String, at place: Place, _ findings: inout Findings) {
        for option in ServiceConfiguration.options(text) {
            let keys = option.key.split(separator: ".")
            guard keys.dropLast().last == "cors", let key = keys.last else { continue }
            allowed(by: String(key), option.values, at: place, &findings)
        }
    }

    /// `http={"cors": …}` of a service.
    private static func service(_ cors: PythonValue, at place: Place, _ findings: inout Findings) {
        guard cors.member("enabled")?.bool != false else { return }
        for member in cors.members {
            allowed(by: member.keyword ?? "", member.value.texts, at: place, &findings)
        }
    }

    /// - Parameter key: of BentoML's settings, as `access_control_allow_origins`.
    private static func allowed(by key: String, _ origins: [String], at place: Place, _ findings: inout Findings) {
        guard key.contains("origin") else { return }
        let key = Printed.cut(key, limit: 60)
        if let open = origins.first(where: isAny) {
            findings.add(place, "'\(key)' allows \(Printed.quoted(open))")
        } else if let plain = origins.first(where: WebAddress.isFarInClear) {
            findings.add(place, "'\(key)' \(allowsPlain(plain))", weaker: .warning)
        }
    }

    private static func opened(_ call: PythonCall, _ findings: inout Findings) {
        let isCORS =
            call.method.contains("CORS")
            || call.arguments.contains { $0.value.name?.hasSuffix("CORSMiddleware") == true }
        guard isCORS else { return }
        for keyword in ["allow_origins", "allow_origin_regex", "origins"] {
            guard let value = call.argument(keyword) else { continue }
            let texts = value.texts
            if let open = texts.first(where: isAny) {
                findings.add(
                    call.place,
                    "\(call.printedName) lets pages of any origin call (\(keyword) has \(Printed.quoted(open)))"
                )
            } else if let plain = texts.first(where: WebAddress.isFarInClear) {
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
