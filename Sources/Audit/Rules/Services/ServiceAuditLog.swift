// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceAuditLog = Rule(
        id: "BKL-S011",
        title: "Service keeps no record of requests",
        severity: .warning,
        why: "Abuse is not noticed, and nobody can tell afterwards what was asked by whom.",
        mend: "Log each request: who, what, how much, when; not the data itself.",
        references: [
            .cwe(778), .owasp("A09:2025"), .sheet("BentoML: Implement API Authentication and Rate Limiting"),
        ],
        bad: [
            .bareLegacyService, .bareService,
            .file("configuration.yaml", "api_server:\n  timeout: 60\n  logging: {access: {enabled: false}}\n"),
            .file("service.py", "import logging\nlogging.disable(logging.CRITICAL)\n"),
            .file("service.py", "import logging\nlogging.getLogger('audit').disabled = True\n"),
        ],
        good: [
            .file(
                "service.py",
                """
                import logging
                logger = logging.getLogger("bentoml.security")
                @svc.api(input=JSON(), output=JSON())
                async def predict(data: dict):
                    logger.info("request", extra={"size": len(str(data))})
                    return 1
                """
            ),
            .file("train.py", "import bentoml\nbentoml.onnx.save_model('a', model)\n"),
            .file("configuration.yaml", "api_server:\n  timeout: 60\n  logging: {access: {enabled: true}}\n"),
        ],
        checks: [
            .missingGuard(\.hasLog, "logs no requests"),
            .bentoConfiguration { document, findings in
                for section in ServiceConfiguration(document: document).services {
                    guard let enabled = section.node[path: "logging", "access", "enabled"], enabled.bool == false
                    else { continue }
                    findings.add(enabled.place, "the access log of \(Printed.quoted(section.name)) is off")
                }
            },
            .python { module, findings in
                // `disable(NOTSET)` takes it back.
                for call in module.calls(["logging.disable"]) where call.first?.name != "logging.NOTSET" {
                    findings.add(call.place, "\(call.printedName) silences every log of the program")
                }
                for setting in module.settings
                where setting.attribute == "disabled" && setting.value.bool == true && setting.name.contains("log") {
                    findings.add(setting.place, "\(Printed.quoted(setting.name)) silences a log")
                }
            },
        ]
    )
}
