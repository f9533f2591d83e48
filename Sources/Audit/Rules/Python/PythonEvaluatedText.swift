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
            .file(
                "choice.py",
                "import bentoml\nOPS = {'e': eval}\n@bentoml.api\ndef f(self, x: dict):\n    return OPS[x['k']](x['v'])\n"
            ),
            .file(
                "query.py",
                "import bentoml, pandas as pd\n@bentoml.api\ndef f(self, q: str):\n"
                    + "    return pd.read_csv('a.csv').query(q)\n"
            ),
            .file("a.py", "exec(open('w.txt').read())\n"),
            .file("b.py", "import base64\nexec('' + base64.b64decode(data).decode())\n"),
            .file("c.py", "import timeit\ntimeit.timeit(open(path).read(), number=1)\n"),
            .file("d.py", "import pdb\npdb.Pdb().runeval(text)\n"),
            .file("e.py", "import cProfile\ncProfile.run(text)\n"),
            .file("f.py", "import code\ncode.InteractiveInterpreter().runcode(x)\n"),
            .file("g.py", "@exec\n@input\nclass X: pass\n"), .file("h.py", "eval(requests.get(url).text)\n"),
            .file("hidden.py", "import builtins\nrun = getattr(builtins, 'ev' + 'al')\nrun(input())\n"),
        ],
        good: [
            .file("train.py", "import re\nmodel.eval()\npattern = re.compile('a+')\ndf.eval('a + b')\n"),
            .file(
                "query.py",
                "import bentoml\n@bentoml.api\ndef f(self, q: str):\n    return self.index.query(q), df.query('a > 1')\n"
            ),
            .file("bench.py", "import timeit\ntimeit.timeit('f(1)', globals=globals())\ntimeit.timeit(f, number=9)\n"),
            .file("data.py", "import ast, json\nvalue = ast.literal_eval(text)\nother = json.loads(text)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls(PythonNames.evaluating) { evaluated(call, &findings) }
                for call in module.calls(PythonNames.measuring) {
                    let given = [call.argument("stmt", at: 0), call.argument("setup", at: 1)].compactMap(\.self)
                    if let parameter = call.requestParameter {
                        findings.add(call.place, "\(call.printedName) runs \(PythonCall.source(parameter)) as code")
                    } else if given.contains(where: PythonCodeOrigin.isElsewhere) {
                        findings.add(call.place, "\(call.printedName) runs what it reads elsewhere as code")
                    }
                }
                for call in module.calls where call.handler != nil && isFrameExpression(call) {
                    guard let parameter = (call.first ?? call.argument("expr"))?.taint.first else { continue }
                    findings.add(call.place, "\(call.printedName) runs \(PythonCall.source(parameter)) as code")
                }
                for call in module.calls(PythonNames.importing) {
                    guard let parameter = call.requestParameter else { continue }
                    findings.add(call.place, "\(call.printedName) imports \(PythonCall.source(parameter))")
                }
            }
        ]
    )

    /// pandas' own expressions reach any function by `@` and by attributes. Others have methods of these names too.
    private static func isFrameExpression(_ call: PythonCall) -> Bool {
        guard call.method == "eval" || call.method == "query" else { return false }
        let receiver = call.name.dropLast(call.method.count + 1)
        let last = receiver.split(separator: ".").last?.lowercased() ?? ""
        return receiver.hasPrefix("pandas.") || last.hasSuffix("df") || last.hasSuffix("frame")
    }

    private static func evaluated(_ call: PythonCall, _ findings: inout Findings) {
        if let parameter = call.requestParameter {
            findings.add(call.place, "\(call.printedName) runs \(PythonCall.source(parameter)) as code")
        } else if PythonNames.compiling.contains(call.name) {
            // What it makes runs only where it is handed on.
            return
        } else if let text = call.first ?? call.argument("source"), PythonCodeOrigin.isElsewhere(text) {
            findings.add(call.place, "\(call.printedName) runs what it reads or unpacks elsewhere as code")
        } else if call.first?.isConstant != true {
            let text = "\(call.printedName) runs a text as code that the source does not hold itself"
            findings.add(call.place, text, weaker: .warning)
        }
    }
}
