// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonTemplateFromClient = Rule(
        id: "BKL-P010",
        title: "A client writes a template",
        severity: .error,
        why: "A template reaches Python's objects through their attributes, and from there any function.",
        mend:
            "Keep templates in the code and give them what clients send as values; jinja2.sandbox where that "
            + "cannot be.",
        references: [
            .cwe(1336), .cwe(94), .owasp("A05:2025"), .cve("CVE-2024-34359"), .cve("CVE-2026-35044"), .bandit("B701"),
        ],
        bad: [
            .file(
                "service.py",
                "import bentoml, jinja2\n@bentoml.api\ndef chat(self, template: str):\n"
                    + "    return jinja2.Template(template).render()\n"
            )
        ],
        good: [
            .file(
                "service.py",
                "import bentoml, jinja2\n@bentoml.api\ndef chat(self, text: str):\n"
                    + "    return jinja2.Template('{{ a }}').render(a=text)\n"
            )
        ],
        checks: [
            .python { module, findings in
                for call in module.calls {
                    guard
                        templates.contains(call.name)
                            || (call.method == "from_string" && call.name.contains("Environment()")),
                        !call.name.contains("sandbox"), !call.name.contains("Sandboxed"), call.handler != nil,
                        let parameter = (call.first ?? call.argument("source"))?.taint.first
                    else { continue }
                    findings.add(call.place, "\(call.printedName) takes \(PythonCall.source(parameter)) for a template")
                }
            }
        ]
    )

    private static let templates: Set<String> = [
        "jinja2.Template", "mako.template.Template", "flask.render_template_string", "django.template.Template",
        "tornado.template.Template",
    ]
}
