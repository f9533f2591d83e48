// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceAnySize = Rule(
        id: "BKL-S013",
        title: "Arrays of any size are taken",
        severity: .warning,
        why: "One request makes the model allocate more than there is, or compute for hours.",
        mend:
            "NumpyNdarray(shape=(-1, 4), enforce_shape=True), Annotated[np.ndarray, Shape((-1, 4))], and a "
            + "limit of arr.nbytes.",
        references: [.cwe(770), .cwe(1284), .owaspLLM("LLM10"), .sheet("BentoML: Implement Secure BentoML Services")],
        bad: [
            .file(
                "service.py",
                """
                @svc.api(
                    input=NumpyNdarray(),
                    output=NumpyNdarray()
                )
                async def process(arr):
                    return runner.run(arr)
                """
            ),
            .file(
                "service.py",
                "import bentoml\nimport numpy as np\n@bentoml.api\ndef f(self, x: np.ndarray):\n    return self.m(x)\n"
            ),
        ],
        good: [
            .file(
                "service.py",
                """
                @svc.api(input=NumpyNdarray(), output=NumpyNdarray())
                async def process(arr):
                    if arr.nbytes > 10_000_000:
                        raise ValueError("too large")
                    return runner.run(arr)
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                import numpy as np
                from bentoml.validators import Shape
                @bentoml.api
                def f(self, x: Annotated[np.ndarray, Shape((4, 4))]):
                    return self.m(x)
                """
            ),
        ],
        checks: [
            .python { module, findings in
                for handler in module.handlers where [.legacyAPI, .api, .task].contains(handler.kind) {
                    for parameter in handler.parameters where !parameter.isSizeChecked {
                        guard parameter.use != nil, isUnbounded(parameter, of: handler) else { continue }
                        let names = (Printed.quoted(parameter.name), Printed.quoted(handler.name))
                        findings.add(handler.place, "\(names.0) of \(names.1) may be an array of any size")
                    }
                }
            }
        ]
    )

    private static let arrays: Set<String> = ["ndarray", "Tensor", "DataFrame", "Series", "NDArray"]

    private static func isUnbounded(_ parameter: PythonHandler.Parameter, of handler: PythonHandler) -> Bool {
        if handler.kind == .legacyAPI {
            let input = handler.decorators.lazy.compactMap { $0.argument("input") }.first
            guard let name = input?.name, name.hasSuffix("NumpyNdarray()") || name.hasSuffix("PandasDataFrame()") else {
                return false
            }
            return input?.argument("shape") == nil || input?.argument("enforce_shape")?.bool == false
        }
        let names = parameter.annotation.compactMap { $0.split(separator: ".").last.map(String.init) }
        return names.contains { arrays.contains($0) } && !names.contains("Shape")
    }
}
