// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceUnvalidatedInput = Rule(
        id: "BKL-S012",
        title: "Input of any structure is used unchecked",
        severity: .error,
        why:
            "Clients send what the model, and the code around it, were never meant to see: other types, other "
            + "sizes, other keys.",
        mend: "JSON(pydantic_model=PredictionInput), or an annotation that says what there may be.",
        references: [
            .cwe(20), .owasp("A05:2025"), .owaspLLM("LLM04"), .sheet("BentoML: Implement Secure BentoML Services"),
        ],
        bad: [
            .file(
                "service.py",
                """
                from pydantic import BaseModel, ConfigDict
                class Input(BaseModel):
                    model_config = ConfigDict(extra="allow")
                @svc.api(input=JSON(pydantic_model=Input), output=JSON())
                async def predict(data: Input):
                    return await runner.predict.async_run(data.x)
                """
            ),
            .file(
                "service.py",
                """
                @svc.api(input=JSON(), output=JSON())
                async def predict(input_data: dict):
                    return await runner.predict.async_run(input_data)
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.service
                class Iris:
                    @bentoml.api
                    def predict(self, data: dict) -> dict:
                        return self.model.predict(data)
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.service
                class Iris:
                    @bentoml.api
                    async def predict(self, ctx: bentoml.Context) -> dict:
                        return self.model.predict(await ctx.request.json())
                """
            ),
        ],
        good: [
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.service
                class Iris:
                    @bentoml.api
                    async def predict(self, x: int, ctx: bentoml.Context) -> dict:
                        trace(ctx.request.headers.get("x-request-id"))
                        body = await ctx.request.json()
                        if set(body) != {"data"}:
                            raise ValueError("unknown members")
                        return self.model.predict(body)
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                from pydantic import BaseModel
                class Features(BaseModel):
                    a: float
                @bentoml.service
                class Iris:
                    @bentoml.api
                    def predict(self, data: dict) -> dict:
                        return self.model.predict(Features(**data))
                """
            ),
            .file("data.py", "from pydantic import ConfigDict\nmodel_config = ConfigDict(extra='allow')\n"),
            .file(
                "service.py",
                """
                @svc.api(input=JSON(pydantic_model=PredictionInput), output=JSON())
                async def predict(input_data: PredictionInput):
                    return await runner.predict.async_run(input_data.data)
                """
            ),
            .file(
                "service.py",
                """
                @svc.api(input=JSON(), output=JSON())
                async def predict(input_data: dict):
                    if set(input_data) != {"data"}:
                        raise ValueError("unknown members")
                    return await runner.predict.async_run(input_data)
                """
            ),
            .file(
                "service.py",
                "@svc.api(input=JSON(), output=JSON(), route='/health')\nasync def health():\n    return {}\n"
            ),
        ],
        checks: [
            .project { project, findings in
                noteExtraFields(project, &findings)
                // Who may call is then known, and what they send is a matter between them.
                let weaker: Severity? = GuardedServices(project).hasAuthentication ? .warning : nil
                for module in project.pythonModules {
                    for handler in module.handlers where [.legacyAPI, .api, .task].contains(handler.kind) {
                        for parameter in handler.parameters
                        where !parameter.isChecked && isAnything(parameter, of: handler) {
                            guard let use = parameter.use else { continue }
                            let what = Printed.quoted(parameter.name)
                            let message =
                                "\(parameter.isUsedInPart ? "a member of \(what)" : what) of "
                                + "\(Printed.quoted(handler.name)) reaches \(Printed.quoted(use.name)) unchecked"
                            // Who takes members by their names leaves all others behind: what is open is their types.
                            findings.add(use.place, message, weaker: parameter.isUsedInPart ? .note : weaker)
                        }
                    }
                }
            }
        ]
    )

    /// pydantic's `extra='allow'`, where a service is: what nobody has described gets in.
    private static func noteExtraFields(_ project: Project, _ findings: inout Findings) {
        let kinds: [PythonHandler.Kind] = [.legacyAPI, .api, .task, .web]
        guard project.pythonModules.contains(where: { $0.handlers.contains { kinds.contains($0.kind) } }) else {
            return
        }
        for module in project.pythonModules {
            let called = module.calls.filter { $0.name.hasSuffix("ConfigDict") }.compactMap { call in
                call.argument("extra").map { ($0, call.place) }
            }
            let set = module.settings.filter { $0.attribute == "extra" }.map { ($0.value, $0.place) }
            for (value, place) in called + set
            where value.text == "allow" || value.name?.hasSuffix("Extra.allow") == true {
                findings.add(place, "extra='allow' takes members that nothing describes", weaker: .warning)
            }
        }
    }

    private static let anything: Set<String> = [
        "builtins.dict", "dict", "typing.Any", "Any", "typing.Dict", "Dict", "typing.Mapping", "builtins.object",
    ]

    private static func isAnything(_ parameter: PythonHandler.Parameter, of handler: PythonHandler) -> Bool {
        guard !["ctx", "context"].contains(parameter.name) else { return false }
        // What is taken from the request itself has come past the descriptor.
        if parameter.name.hasPrefix("ctx.request.") { return true }
        let input = handler.decorators.lazy.compactMap { $0.argument("input") ?? $0.arguments.first?.value }.first
        if handler.kind == .legacyAPI, let descriptor = input?.name {
            guard descriptor.hasSuffix("JSON()") else { return false }
            return input?.argument("pydantic_model") == nil && input?.argument("json_schema") == nil
        }
        guard let first = parameter.annotation.first else { return true }
        // `dict[str, float]` says what there may be.
        let inner = parameter.annotation.dropFirst().filter { !["builtins.str", "str"].contains($0) }
        return anything.contains(first) && (inner.isEmpty || inner.contains { anything.contains($0) })
    }
}
