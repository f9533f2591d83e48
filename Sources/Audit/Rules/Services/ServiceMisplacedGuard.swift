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
        ],
        good: [
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
                    }
                }
            }
        ]
    )
}
