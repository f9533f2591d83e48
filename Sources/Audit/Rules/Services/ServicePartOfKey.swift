// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let servicePartOfKey = Rule(
        id: "BKL-S025",
        title: "A part of a key is enough",
        severity: .error,
        why:
            "Every key begins with nothing and holds nothing: an empty one gets in, and others are guessed by letters.",
        mend: "Compare all of it: hmac.compare_digest(sent, expected).",
        references: [.cwe(187), .cwe(287), .cwe(697), .owasp("A07:2025")],
        bad: [
            .file(
                "auth.py",
                """
                class Gate:
                    async def dispatch(self, request, call_next):
                        sent = request.headers.get("x-api-key", "")
                        if not any(key.startswith(sent) for key in self.keys):
                            return JSONResponse({}, status_code=401)
                        return await call_next(request)
                """
            ),
            .file(
                "auth.py",
                "def check(request):\n    return API_KEY.startswith(request.headers.get('authorization', '')[7:])\n"
            ),
            .file("auth.py", "def check(x_api_key):\n    return EXPECTED_KEY.endswith(x_api_key)\n"),
            .file(
                "auth.py",
                "import os\ndef check(headers):\n    return headers.get('x-api-key', '') in os.environ['API_KEY']\n"
            ),
            .file("app.py", handler("not API_KEY.startswith(request.headers.get('x-api-key', ''))")),
            .file("app.py", handler("not os.environ['SERVICE_KEY'].endswith(sent)")),
            .file("app.py", handler("sent[:8] != API_KEY[:8]")),
            .file("app.py", handler("not hmac.compare_digest(sent[:8], API_KEY[:8])")),
            .file("app.py", handler("not hmac.compare_digest(sent[-8:].encode(), FIRST.encode())")),
            .file("app.py", handler("API_KEY.find(sent) == -1")),
            .file("app.py", handler("API_KEY.find(sent) < 0")),
        ],
        good: [
            .file("auth.py", "def check(api_key):\n    return api_key.startswith(KEY_PREFIX) and api_key in KEYS\n"),
            .file("a.py", "def f(state, prefix):\n    return [key for key in state if key.startswith(prefix)]\n"),
            .file(
                "app.py",
                "def f(request):\n    return [key for key in store if key.startswith(request.args['prefix'])]\n"
            ),
            .file(
                "auth.py",
                """
                import os
                def check(request):
                    if not request.headers.get("authorization", "").startswith("Bearer "):
                        return False
                    if request.headers["x-tenant"] in os.environ["AUTH_TENANTS"]:
                        return True
                    if ":" in os.environ["API_KEY"]:
                        return False
                    return request.headers["authorization"][7:] in os.environ["API_KEYS"].split(",")
                """
            ),
            .file("app.py", handler("not hmac.compare_digest(sent[7:], API_KEY)")),
            .file("app.py", handler("not hmac.compare_digest(sent, API_KEY[7:])")),
            .file("app.py", handler("not hmac.compare_digest(sent, API_KEY[:-1])")),
            .file("app.py", handler("sent[:7] != 'Bearer '")),
            .file("app.py", handler("API_KEY.find(':') == -1")),
            .file("app.py", handler("API_KEY[:3] != 'sk-'")),
            .file("app.py", handler("sent.find(API_KEY_PREFIX) != 0")),
            .file("app.py", handler("tokens.find(sent) is None")),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where ["startswith", "endswith"].contains(call.method) {
                    guard call.receiverTaint.isEmpty, isOfKey(call), let sent = call.first, isSent(sent) else {
                        continue
                    }
                    findings.add(
                        call.place,
                        "\(call.printedName) is asked about what was sent, and an empty text is the beginning and end of "
                            + "every key"
                    )
                }
                for part in module.misplacedGuards where WrittenSecret.isUnmistakable(part.subject) {
                    if let fault = fault(part) { findings.add(part.place, fault) }
                }
            }
        ]
    )

    private static func fault(_ part: PythonMisplacedGuard) -> String? {
        let key = Printed.quoted(part.subject)
        switch part.fault {
        case .partOfKey: return "what was sent is looked for within \(key), one text, which holds every part of itself"
        case .cutKey: return "what was sent is compared with some letters of \(key), and not with all of it"
        default: return nil
        }
    }

    /// By what it was resolved to, or by what the source calls it: a variable of the environment has a name of its own.
    private static func isOfKey(_ call: PythonCall) -> Bool {
        let resolved = call.name.split(separator: ".").dropLast().last.map(String.init)
        return [resolved, call.subject].compactMap { $0?.lowercased() }.contains { receiver in
            ["key", "token", "secret", "passw", "expected"].contains(where: receiver.contains)
        }
    }

    /// - Parameter condition: on which a request is refused.
    private static func handler(_ condition: String) -> String {
        """
        import hmac, os
        from fastapi import FastAPI, HTTPException, Request
        app = FastAPI()
        API_KEY = os.environ["API_KEY"]
        FIRST = API_KEY[:8]
        @app.get("/")
        def read(request: Request):
            sent = request.headers.get("x-api-key", "")
            if \(condition):
                raise HTTPException(401)
        """
    }

    private static let carriers = [".headers", ".cookies"]

    private static func isSent(_ value: PythonValue) -> Bool {
        guard value.isTainted, let name = value.name else { return false }
        if carriers.contains(where: name.contains) || value.taint.contains("scope") { return true }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return WrittenSecret.isUnmistakable(last) && !last.lowercased().contains("prefix")
    }
}
