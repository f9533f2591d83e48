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
        ],
        good: [
            .file("a.py", "import os\nprint('API_KEY' in os.environ, len(os.environ['API_KEY']))\n"),
            .file("b.py", "import logging\ndef f(password):\n    logging.info('hash %s', digest(password))\n"),
            .file("c.py", "import os\nprint(os.environ['HOME'], pad_token, num_api_keys)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where writesOut(call) {
                    guard let secret = call.arguments.lazy.compactMap(\.value.secret).first else { continue }
                    findings.add(call.place, "\(call.printedName) writes \(Printed.quoted(secret)) out")
                }
            }
        ]
    )

    private static let logMethods: Set<Substring> = [
        "info", "warning", "error", "critical", "log", "debug", "exception", "warn",
    ]

    private static func writesOut(_ call: PythonCall) -> Bool {
        if call.name == "builtins.print" || call.name.hasSuffix("sys.stdout.write") { return true }
        return logMethods.contains(call.method) && call.name.lowercased().contains("log")
    }
}
