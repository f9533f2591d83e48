// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonLoggedSecret = Rule(
        id: "BKL-P017",
        title: "A secret is written into the log",
        severity: .warning,
        why: "Logs are kept for long, copied to other places, and read by many who should not have the key.",
        mend: "Log that there is a key, or which (its name, a hash of it), and not the key.",
        references: [.cwe(532), .owasp("A09:2025"), .sheet("BentoML: Implement API Authentication and Rate Limiting")],
        bad: [
            .file("a.py", "import os\nprint(os.environ['API_KEYS'])\n"),
            .file("b.py", "import logging\ndef f(user, password):\n    logging.info('login %s %s', user, password)\n"),
            .file(
                "c.py",
                "import logging, os\nlog = logging.getLogger('a')\nkey = os.getenv('API_KEY')\nlog.debug(f'key {key}')\n"
            ),
            .file(
                "service.py",
                """
                import bentoml, logging
                logger = logging.getLogger("requests")
                class Iris:
                    @bentoml.api
                    def predict(self, x: str, ctx: bentoml.Context) -> str:
                        logger.info({"headers": dict(ctx.request.headers)})
                        return x
                """
            ),
            .file("d.py", "def f(request):\n    print(f'asked with {request.headers}')\n"),
        ],
        good: [
            .file(
                "d.py",
                """
                import logging
                def f(request, response):
                    logging.info("%s %s", request.headers["x-request-id"], request.headers.get("user-agent"))
                    logging.info("%s %s %d", redacted(request.headers), response.headers, len(request.headers))
                    logging.info({"headers": {k: v for k, v in request.headers.items() if k in KEPT}})
                """
            ),
            .file("a.py", "import os\nprint('API_KEY' in os.environ, len(os.environ['API_KEY']))\n"),
            .file("b.py", "import logging\ndef f(password):\n    logging.info('hash %s', digest(password))\n"),
            .file("c.py", "import os\nprint(os.environ['HOME'], pad_token, num_api_keys)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where writesOut(call) {
                    if let secret = call.arguments.lazy.compactMap(\.value.secret).first {
                        findings.add(call.place, "\(call.printedName) writes \(Printed.quoted(secret)) out")
                    } else if call.arguments.contains(where: { holdsHeaders($0.value, depth: 4) }) {
                        let message = "\(call.printedName) writes all headers of a request out, and the key with them"
                        findings.add(call.place, message)
                    }
                }
            }
        ]
    )

    /// What gives back a text or dictionary with all that it was given.
    private static let telling: Set<String> = [
        "builtins.dict()", "builtins.str()", "builtins.repr()", "builtins.list()", "builtins.tuple()", "json.dumps()",
    ]

    private static let members = [".items()", ".values()", ".raw", ".mutablecopy()"]

    private static func holdsHeaders(_ value: PythonValue, depth: Int) -> Bool {
        guard depth > 0 else { return false }
        let name = value.name ?? ""
        if isHeaders(name) || value.items.contains(where: { holdsHeaders($0, depth: depth - 1) }) { return true }
        // What is put together has no name of its own, or that of a variable; anything else may leave the key out.
        let isWhole = !name.hasSuffix("()") || telling.contains(name) || name.hasSuffix(".format()")
        return isWhole && value.arguments.contains { holdsHeaders($0.value, depth: depth - 1) }
    }

    /// `request.headers`, and not those of an answer.
    private static func isHeaders(_ name: String) -> Bool {
        let member = members.first(where: name.hasSuffix)
        let parts = name.dropLast(member?.count ?? 0).split(separator: ".")
        guard parts.last == "headers", let owner = parts.dropLast().last?.lowercased() else { return false }
        return owner == "req" || (owner.contains("request") && !owner.hasSuffix(")"))
    }

    private static let logMethods: Set<Substring> = [
        "info", "warning", "error", "critical", "log", "debug", "exception", "warn",
    ]

    private static func writesOut(_ call: PythonCall) -> Bool {
        if call.name == "builtins.print" || call.name.hasSuffix("sys.stdout.write") { return true }
        return logMethods.contains(call.method) && call.name.lowercased().contains("log")
    }
}
