// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceEmptyKey = Rule(
        id: "BKL-S016",
        title: "Without keys, no key is the right one",
        severity: .warning,
        why:
            "''.split(',') is ['']: where the variable is not set, a request without a key has the one that is "
            + "allowed.",
        mend: "Leave empty keys out, and refuse to start without any: keys = {k for k in text.split(',') if k}.",
        references: [.cwe(636), .cwe(287), .cwe(1188), .owasp("A07:2025")],
        bad: [
            .file("auth.py", "import os\nkeys = [k for k in os.environ['API_KEYS'].split(',') if len(k) <= 32]\n"),
            .file(
                "auth.py",
                """
                import os
                class AuthMiddleware:
                    def __init__(self, app):
                        self.valid_keys = set(os.environ.get("API_KEYS", "").split(","))

                    async def __call__(self, scope, receive, send):
                        api_key = dict(scope["headers"]).get(b"x-api-key", b"").decode()
                        if api_key not in self.valid_keys:
                            return
                        await self.app(scope, receive, send)
                """
            ),
        ],
        good: [
            .file("auth.py", "import os\nkeys = [k for k in os.environ['API_KEYS'].split(',') if len(k) >= 32]\n"),
            .file(
                "auth.py",
                """
                import os
                KEYS = {key for key in os.environ.get("API_KEYS", "").split(",") if key}
                def check(key):
                    return key in KEYS
                """
            ),
            .file("hosts.py", "import os\nhosts = os.environ.get('HOSTS', '').split(',')\n"),
        ],
        checks: [
            .python { module, findings in
                for place in module.emptyKeys {
                    findings.add(
                        place,
                        "where the variable is not set, or empty, the keys are one empty key, which requests without a key have"
                    )
                }
            }
        ]
    )
}
