// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceMisplacedGuard = Rule(
        id: "BKL-S022",
        title: "A check of callers lets the wrong ones in",
        severity: .warning,
        why: "What stands there looks like a guard, and whoever sends a plain request, or no key, passes it.",
        mend: "if scope['type'] in ('http', 'websocket'), and refuse those whose key is not known; try it with no key.",
        references: [.cwe(287), .cwe(480), .cwe(670), .owasp("A07:2025")],
        bad: [
            .file(
                "auth.py",
                """
                class AuthMiddleware:
                    async def __call__(self, scope, receive, send):
                        if scope["type"] != "http":
                            if not self.is_known(scope):
                                await self.refuse(send)
                                return
                        await self.app(scope, receive, send)
                """
            ),
            .file(
                "auth.py",
                """
                from fastapi import HTTPException
                def check(key):
                    if is_valid(key):
                        raise HTTPException(status_code=401)
                """
            ),
            .file(
                "auth.py",
                "def check(key):\n    if key in API_KEYS:\n        return JSONResponse({}, status_code=403)\n"
            ),
            .file(
                "auth.py",
                """
                class RateLimit:
                    async def __call__(self, scope, receive, send):
                        if self.is_over(scope["client"]):
                            response = JSONResponse({}, status_code=429)
                            await response(scope, receive, send)
                        await self.app(scope, receive, send)
                """
            ),
            .file(
                "auth.py",
                """
                class ApiKeyMiddleware:
                    async def __call__(self, scope, receive, send):
                        if scope["type"] == "http":
                            headers = dict(scope["headers"])
                        await self.app(scope, receive, send)
                """
            ),
            .file(
                "auth.py",
                """
                class Gate:
                    def is_busy(self, name):
                        self.counts[name] = self.counts.get(name, 0) + 1

                    async def dispatch(self, request, call_next):
                        if self.is_busy(request.client.host):
                            return JSONResponse({}, status_code=429)
                        return await call_next(request)
                """
            ),
        ],
        good: [
            .file(
                "auth.py",
                """
                class Gate:
                    def check(self, request):
                        if request.headers["x-key"] not in self.keys:
                            raise HTTPException(401)

                    def is_late(self, request):
                        return self.clock() > self.end

                    def is_busy(self, request): ...

                    async def dispatch(self, request, call_next):
                        if self.check(request) or self.is_late(request):
                            return JSONResponse({}, status_code=403)
                        if self.is_busy(request):
                            return JSONResponse({}, status_code=429)
                        return await call_next(request)
                """
            ),
            .file(
                "auth.py",
                """
                class AuthenticationMiddleware:
                    async def __call__(self, scope, receive, send):
                        scope["user"] = self.user_of(scope)
                        await self.app(scope, receive, send)
                """
            ),
            .file(
                "auth.py",
                """
                class AuthorHeaderMiddleware:
                    async def __call__(self, scope, receive, send):
                        await self.app(scope, receive, send)
                """
            ),
            .file(
                "auth.py",
                """
                class Guard:
                    async def __call__(self, scope, receive, send):
                        is_known = self.is_known(scope)
                        if not is_known:
                            await self.refuse(send, 401)
                        else:
                            await self.app(scope, receive, send)
                """
            ),
            .file(
                "auth.py",
                """
                class AuthMiddleware:
                    async def __call__(self, scope, receive, send):
                        if scope["type"] not in ("http", "websocket"):
                            await self.app(scope, receive, send)
                            return
                        if not self.is_known(scope):
                            response = JSONResponse({}, status_code=401)
                            await response(scope, receive, send)
                            return
                        await self.app(scope, receive, send)
                """
            ),
            .file(
                "auth.py",
                """
                def check(key):
                    if key in REVOKED_KEYS:
                        raise HTTPException(status_code=401)
                    if is_valid(key):
                        return key
                    raise HTTPException(status_code=401)
                """
            ),
        ],
        checks: [
            .python { module, findings in
                for misplaced in module.misplacedGuards {
                    let name = Printed.quoted(misplaced.function)
                    switch misplaced.fault {
                    case .inverted:
                        findings.add(misplaced.place, "\(name) refuses those whom its condition names as known")
                    case .leavesOutHTTP where !misplaced.function.lowercased().contains("websocket"):
                        findings.add(misplaced.place, "\(name) refuses some requests, and none of HTTP")
                    case .leavesOutHTTP: break
                    case .goesOn:
                        findings.add(
                            misplaced.place,
                            "\(name) answers those whom it refuses, and hands their request on all the same"
                        )
                    case .open:
                        findings.add(
                            misplaced.place,
                            "\(name) is named as a guard, and hands every request on without a check"
                        )
                    case .neverRefuses:
                        let check = Printed.quoted(misplaced.subject)
                        findings.add(
                            misplaced.place,
                            "\(name) refuses if \(check) says so, which never returns anything"
                        )
                    case .trustsClaim, .partOfKey, .cutKey: break
                    }
                }
            }
        ]
    )
}
