// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceTrustedClaim = Rule(
        id: "BKL-S023",
        title: "A guard believes what requests say of themselves",
        severity: .warning,
        why:
            "Anybody can send a header, a query or a cookie whose value stands in the source; and behind a proxy all "
            + "callers have its address. Whoever knows the way around the guard needs no key.",
        mend:
            "Ask for the key whatever else a request says; leave out paths of probes only: "
            + "if request.url.path in {'/livez', '/readyz'}.",
        references: [.cwe(290), .cwe(807), .cwe(489), .owasp("A07:2025")],
        bad: [
            .file("auth.py", gate("request.headers.get('x-debug') == '1'")),
            .file("auth.py", gate("request.client.host == '127.0.0.1'")),
            .file(
                "auth.py",
                gate(
                    "request.headers['user-agent'].startswith('probe')"
                )
            ),
            .file("auth.py", gate("request.cookies.get('session')")),
            .file(
                "auth.py",
                """
                from aiohttp import web
                @web.middleware
                async def auth(request, handler):
                    if request.headers.get("x-internal"):
                        return await handler(request)
                    if request.headers.get("x-key") not in KEYS:
                        raise web.HTTPUnauthorized()
                    return await handler(request)
                """
            ),
            .file(
                "auth.py",
                """
                from fastapi import HTTPException, Request
                async def require_key(request: Request):
                    if request.headers.get("x-internal") == "1":
                        return
                    if request.headers.get("x-key") not in KEYS:
                        raise HTTPException(401)
                """
            ),
            .file(
                "auth.py",
                """
                from flask import abort, request
                @app.before_request
                def first():
                    if not request.headers.get("x-internal"):
                        if request.headers.get("x-key") not in KEYS:
                            abort(401)
                """
            ),
            .file(
                "auth.py",
                """
                INSIDE = {"10.0.0.7"}
                class Guard:
                    async def __call__(self, scope, receive, send):
                        headers = dict(scope["headers"])
                        address = scope["client"][0]
                        if address not in INSIDE and not self.is_known(headers):
                            await self.refuse(send)
                            return
                        await self.app(scope, receive, send)

                    async def refuse(self, send):
                        await send({"type": "http.response.start", "status": 401})
                """
            ),
        ],
        good: [
            .file(
                "auth.py",
                gate("request.url.path in ('/livez', '/readyz')")
            ),
            .file("auth.py", gate("request.method == 'OPTIONS'")),
            .file(
                "auth.py",
                """
                from fastapi import HTTPException, Request
                def verify(request: Request):
                    if request.method == "OPTIONS":
                        return
                    token = request.headers.get("authorization")
                    if token:
                        return decode(token)
                    raise HTTPException(401)
                """
            ),
            .file(
                "auth.py",
                gate(
                    "hmac.compare_digest(request.headers.get('x-key', ''), self.key)"
                )
            ),
            .file(
                "auth.py",
                gate(
                    "request.url.path == '/metrics' and request.client.host == '127.0.0.1'"
                )
            ),
            .file(
                "addresses.py",
                """
                INSIDE = {"10.0.0.7"}
                class Addresses:
                    async def dispatch(self, request, call_next):
                        if request.client.host in INSIDE:
                            return await call_next(request)
                        return JSONResponse({}, status_code=403)
                """
            ),
            .file(
                "times.py",
                """
                class Times:
                    async def dispatch(self, request, call_next):
                        if request.headers.get("x-trace") == "1":
                            return await call_next(request)
                        return await self.timed(call_next(request))
                """
            ),
        ],
        checks: [
            .python { module, findings in
                for trusting in module.misplacedGuards where trusting.fault == .trustsClaim {
                    findings.add(
                        trusting.place,
                        "\(Printed.quoted(trusting.function)) lets requests past its check by their "
                            + "\(Printed.cut(trusting.subject, limit: 100)), and not by a secret"
                    )
                }
            }
        ]
    )

    /// - Parameter condition: by which requests are handed on before the check of their key.
    private static func gate(_ condition: String) -> String {
        """
        class Gate:
            async def dispatch(self, request, call_next):
                if \(condition):
                    return await call_next(request)
                if request.headers.get("x-key") not in self.keys:
                    return JSONResponse({}, status_code=401)
                return await call_next(request)
        """
    }
}
