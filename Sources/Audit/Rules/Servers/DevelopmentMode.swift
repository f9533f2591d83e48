// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverDevelopmentMode = Rule(
        id: "BKL-N014",
        title: "Server runs in development mode",
        severity: .warning,
        why:
            "It watches and loads changed code, and tells callers more of what went wrong inside than they should know.",
        mend: "Drop `--reload`, `--development` and `--debug` where others are served.",
        references: [
            .cwe(489), .cwe(215), .owasp("A05:2025"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .script("bentoml serve service:svc --reload"),
            .dockerfile("FROM python:3.11-slim\nCMD [\"bentoml\", \"serve\", \"--debug\", \"service:svc\"]"),
            .service("image: bento:1.0\ncommand: bentoml serve service:svc --development"),
        ],
        good: [.script("bentoml serve service:svc"), .script("bentoml serve service:svc --production")],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .bento else { return }
                for flag in command.flags
                where ["reload", "debug", "development", "dev"].contains(flag.name) && flag.isOn {
                    findings.add(flag.place, "bentoml serve runs with --\(flag.name), which is for development")
                }
            }
        ]
    )
}
