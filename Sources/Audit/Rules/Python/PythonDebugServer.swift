// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonDebugServer = Rule(
        id: "BKL-P014",
        title: "A server runs in debug mode",
        severity: .error,
        why: "Errors are answered with stacks and variables; Flask's debugger runs code that is typed into the page.",
        mend: "Leave debug and reload out of what is deployed.",
        references: [.cwe(489), .cwe(209), .owasp("A02:2025"), .bandit("B201")],
        bad: [
            .file("a.py", "from flask import Flask\napp = Flask(__name__)\napp.run(debug=True)\n"),
            .file("b.py", "from fastapi import FastAPI\napp = FastAPI(debug=True)\n"),
        ],
        good: [
            .file("a.py", "from flask import Flask\napp = Flask(__name__)\napp.run()\n"),
            .file("b.py", "logger.configure(debug=True)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where call.argument("debug")?.bool == true {
                    if call.name == "flask.Flask().run" || call.name == "app.run" {
                        findings.add(call.place, "\(call.printedName) starts Flask's debugger, which runs any code")
                    } else if applications.contains(call.name) {
                        findings.add(call.place, "\(call.printedName) answers errors with stacks", weaker: .warning)
                    }
                }
            }
        ]
    )

    private static let applications: Set<String> = [
        "fastapi.FastAPI", "starlette.applications.Starlette", "sanic.Sanic().run", "tornado.web.Application",
        "quart.Quart().run", "aiohttp.web.Application",
    ]
}
