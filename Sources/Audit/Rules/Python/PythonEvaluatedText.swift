// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonEvaluatedText = Rule(
        id: "BKL-P001",
        title: "Text is run as code",
        severity: .error,
        why: "Whoever writes the text runs any code in the server's place: with its files, its keys and its network.",
        mend: "Take values, not code: json.loads or ast.literal_eval for data, a table of functions for operations.",
        references: [
            .cwe(94), .cwe(95), .owasp("A05:2025"), .owaspLLM("LLM05"), .bandit("B307"), .bandit("B102"),
            .sheet("BentoML: Implement Secure BentoML Services"), .sheet("Triton: Sandbox Custom Backend Code"),
        ],
        bad: [
            .file(
                "service.py",
                """
                @svc.api(input=JSON(), output=JSON())
                async def execute(input_data: dict):
                    code = input_data.get("code")
                    return eval(code)
                """
            ),
            .file(
                "model.py",
                """
                class UnsafeModel:
                    def execute(self, requests):
                        code = requests[0].get_input("code")
                        exec(code)
                """
            ),
            .file("hidden.py", "import builtins\nrun = getattr(builtins, 'ev' + 'al')\nrun(input())\n"),
        ],
        good: [
            .file("train.py", "import re\nmodel.eval()\npattern = re.compile('a+')\ndf.eval('a + b')\n"),
            .file("data.py", "import ast, json\nvalue = ast.literal_eval(text)\nother = json.loads(text)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls(PythonNames.evaluating) { evaluated(call, &findings) }
                for call in module.calls(PythonNames.importing) {
                    guard let parameter = call.requestParameter else { continue }
                    findings.add(call.place, "\(call.printedName) imports \(PythonCall.source(parameter))")
                }
            }
        ]
    )

    private static func evaluated(_ call: PythonCall, _ findings: inout Findings) {
        if let parameter = call.requestParameter {
            findings.add(call.place, "\(call.printedName) runs \(PythonCall.source(parameter)) as code")
        } else if call.first?.isConstant != true, call.name != "builtins.compile" {
            let text = "\(call.printedName) runs a text as code that the source does not hold itself"
            findings.add(call.place, text, weaker: .warning)
        }
    }
}
