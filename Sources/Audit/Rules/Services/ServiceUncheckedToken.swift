// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceUncheckedToken = Rule(
        id: "BKL-S024",
        title: "A token is read that nobody has checked",
        severity: .error,
        why: "Without its signature a token says whatever its sender wants: who he is, and what he may do.",
        mend: "jwt.decode(token, key, algorithms=['RS256'], audience=...), and nothing of the token before that.",
        references: [.cwe(347), .cwe(345), .cwe(287), .owasp("A07:2025")],
        bad: [
            .file(
                "auth.py",
                "from fastapi import Request\nimport jwt\ndef user(request: Request):\n"
                    + "    return jwt.decode(request.headers['x-token'], options={'verify_signature': False})\n"
            ),
            .file(
                "auth.py",
                "import jwt\ndef check(t):\n    return jwt.decode(t, KEY, algorithms=['HS256', 'none'])\n"
            ),
            .file("auth.py", "import jwt\ndef authenticate(t):\n    return jwt.decode(t, verify=False)['sub']\n"),
            .file("auth.py", "from jose import jwt\ndef verify_token(t):\n    return jwt.get_unverified_claims(t)\n"),
            .file(
                "auth.py",
                """
                import jwt
                class Gate:
                    async def dispatch(self, request, call_next):
                        options = {"verify_signature": False, "verify_exp": True}
                        claims = jwt.decode(request.headers["x-token"], "", ["HS256"], options=options)
                        request.state.user = claims["sub"]
                        return await call_next(request)
                """
            ),
            .file(
                "app.py",
                handler("    return json.loads(base64.urlsafe_b64decode(token.split('.')[1] + '=='))['sub']")
            ),
            .file(
                "app.py",
                handler(
                    """
                        header, payload, signature = token.removeprefix("Bearer ").split(".")
                        payload += "=" * (-len(payload) % 4)
                        claims = json.loads(base64.b64decode(payload).decode())
                        return claims["sub"]
                    """
                )
            ),
        ],
        good: [
            .file(
                "app.py",
                handler(
                    """
                        signed, signature = token.rsplit(".", 1)
                        if not hmac.compare_digest(hmac.new(KEY, signed.encode(), "sha256").hexdigest(), signature):
                            raise HTTPException(401)
                        return json.loads(base64.urlsafe_b64decode(signed.split(".")[1]))["sub"]
                    """
                )
            ),
            .file("app.py", handler("    return json.loads(base64.b64decode(token.split(',')[1]))['name']")),
            .file("app.py", handler("    return json.loads(base64.b64decode(token))['name']")),
            .file("app.py", handler("    return json.loads(base64.b64decode(MINE.split('.')[1]))['name']")),
            .file(
                "client.py",
                "import base64, json\ndef expires(t):\n    return json.loads(base64.b64decode(t.split('.')[1]))['exp']\n"
            ),
            .file("auth.py", "import jwt\ndef check(t):\n    return jwt.decode(t, KEY, algorithms=['RS256'])\n"),
            .file(
                "auth.py",
                """
                import jwt
                def check(token):
                    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
                    kid = jwt.get_unverified_header(token)["kid"]
                    return jwt.decode(token, KEYS[issuer, kid], algorithms=["RS256"], options={"verify_aud": False})
                """
            ),
            .file("a.py", "data = reader.decode(x, verify=False)\ncodec.decode(options={'verify_signature': False})\n"),
        ],
        checks: [
            .python { module, findings in
                let decodings = module.calls.filter(isDecoding)
                let checked = Set(decodings.filter { fault($0) == nil }.map(\.function))
                for call in decodings {
                    guard let fault = fault(call) else { continue }
                    let isNone = fault == Fault.none
                    // What is read to choose the key is checked by it then.
                    if !isNone, checked.contains(call.function) { continue }
                    let isGuard = isNone || (checked.isEmpty && isServing(call, module))
                    findings.add(call.place, "\(call.printedName) \(fault.rawValue)", weaker: isGuard ? nil : .warning)
                }
                // Whoever checks a signature by hand has to take the token apart too.
                guard checked.isEmpty, !module.calls.contains(where: isCheckingSignature) else { return }
                for call in module.calls where isDecodedByHand(call) && isServing(call, module) {
                    findings.add(call.place, "\(call.printedName) \(Fault.unsigned.rawValue)")
                }
            }
        ]
    )

    private static func handler(_ body: String) -> String {
        """
        import base64, hmac, json
        from fastapi import FastAPI, Header, HTTPException
        app = FastAPI()
        @app.get("/")
        def read(token: str = Header(...)):
        \(body)
        """
    }

    private enum Fault: String {
        case unsigned = "takes what a token says, whoever has signed it"
        case none = "takes tokens that nobody has signed ('none' is one of its algorithms)"
    }

    private static let decoders: Set<Substring> = ["decode", "decode_complete", "get_unverified_claims"]

    private static func isDecoding(_ call: PythonCall) -> Bool {
        decoders.contains(call.method)
            && call.name.split(separator: ".").dropLast().contains {
                ["jwt", "jws", "api_jwt", "PyJWT()"].contains($0)
            }
    }

    private static let signing = ["verif", "signature", "hmac.new", "hmac.digest"]

    private static func isCheckingSignature(_ call: PythonCall) -> Bool {
        let name = call.name.lowercased()
        return signing.contains(where: name.contains)
    }

    /// `json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))`
    private static func isDecodedByHand(_ call: PythonCall) -> Bool {
        guard ["json", "orjson", "ujson"].contains(where: { call.name == "\($0).loads" }) else { return false }
        guard let read = call.first, read.isTainted else { return false }
        let decoded = [read] + read.arguments.map(\.value)
        return decoded.contains { value in
            let name = value.name ?? ""
            return name.hasPrefix("base64.") && name.hasSuffix("b64decode()")
                && value.arguments.contains { isPartOfToken($0.value) }
        }
    }

    private static func isPartOfToken(_ value: PythonValue) -> Bool {
        let parts = value.arguments.map(\.value)
        let isSplit = ([value] + parts).contains { $0.name?.hasSuffix("split()[]") == true }
        return isSplit && parts.contains { $0.text == "." } || parts.contains(where: isPartOfToken)
    }

    private static func fault(_ call: PythonCall) -> Fault? {
        let algorithms = call.argument("algorithms", at: 2)?.texts ?? []
        if algorithms.contains(where: { $0.lowercased() == "none" }) { return Fault.none }
        let isOff =
            call.method == "get_unverified_claims" || call.argument("verify")?.bool == false
            || call.argument("options")?.member("verify_signature")?.bool == false
        return isOff ? .unsigned : nil
    }

    private static let frameworks: Set<Substring> = [
        "fastapi", "flask", "starlette", "bentoml", "aiohttp", "django", "sanic", "quart", "litestar", "tornado",
        "grpc",
    ]
    private static let guardWords = [
        "auth", "verif", "valid", "check", "guard", "login", "user", "princip", "dispatch",
    ]

    /// Whether it is a server that reads the token, and not whom it was issued to.
    private static func isServing(_ call: PythonCall, _ module: PythonModule) -> Bool {
        let roots = module.imports.compactMap { $0.split(separator: ".").first }
        if !module.handlers.isEmpty || !frameworks.isDisjoint(with: roots) { return true }
        let function = call.function.lowercased()
        return guardWords.contains(where: function.contains)
    }
}
