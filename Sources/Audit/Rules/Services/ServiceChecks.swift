// SPDX-License-Identifier: Apache-2.0

extension RuleCheck {
    /// A guard that some service of a project is without.
    /// - Parameter words: what a service without it is like.
    static func missingGuard(_ isThere: any KeyPath<ServiceGuards, Bool> & Sendable, _ words: String) -> RuleCheck {
        .project { project, findings in
            for service in GuardedServices(project).services where !service.guards[keyPath: isThere] {
                findings.add(service.place, "service \(Printed.quoted(service.name)) \(words) that can be seen here")
            }
        }
    }

    /// Handlers that hand on what they were given without looking at it.
    static func unchecked(_ kind: PythonHandler.Kind) -> RuleCheck {
        .python { module, findings in
            for handler in module.handlers where handler.kind == kind {
                guard let parameter = handler.parameters.first(where: { !$0.isChecked && $0.use != nil }),
                    let use = parameter.use
                else { continue }
                findings.add(
                    use.place,
                    "\(Printed.quoted(handler.function)) hands \(Printed.quoted(parameter.name)) to "
                        + "\(Printed.quoted(use.name)) unchecked"
                )
            }
        }
    }
}

extension RuleExample {
    /// A service of BentoML 1.0 and nothing that guards it.
    static let bareLegacyService = RuleExample.file(
        "service.py",
        """
        @svc.api(input=JSON(), output=JSON())
        async def predict(data: dict):
            return await runner.run(data)
        """
    )

    /// A service behind a middleware whose name says nothing.
    /// - Parameters:
    ///   - statuses: the answers that it gives, one after the other, before it hands requests on.
    ///   - attaching: what stands behind the classes.
    static func gatedService(
        answering statuses: [Int],
        _ attaching: String = "Iris.add_asgi_middleware(Gate, callers='/run/secrets/callers.json')"
    ) -> RuleExample {
        let refusals = statuses.map {
            "        if self.refuses(request, \($0)):\n            return refusal(\($0))\n"
        }
        return .file(
            "service.py",
            """
            import bentoml
            from starlette.middleware.base import BaseHTTPMiddleware
            def refusal(status):
                return JSONResponse({}, status_code=status)
            class Gate(BaseHTTPMiddleware):
                async def dispatch(self, request, call_next):
            \(refusals.joined())        return await call_next(request)
            @bentoml.service
            class Iris: ...
            \(attaching)

            """
        )
    }

    /// The same since BentoML 1.2.
    static let bareService = RuleExample.file(
        "service.py",
        "import bentoml\n@bentoml.service\nclass Iris:\n    @bentoml.api\n    def predict(self, x: int): return x\n"
    )
}
