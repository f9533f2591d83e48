// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonHiddenFunction = Rule(
        id: "BKL-P015",
        title: "A dangerous function is looked up or handed on",
        severity: .error,
        why:
            "What is called can no longer be seen in the source: so code hides what it does, and clients "
            + "choose functions.",
        mend: "Call functions by their names; let a table that the code holds say which names there are.",
        references: [.cwe(470), .cwe(913), .owasp("A05:2025")],
        bad: [
            .file("a.py", "import os\ngetattr(os, name)(command)\n"),
            .file("b.py", "import os\nlist(map(os.system, commands))\n"),
            .file(
                "c.py",
                "import bentoml\n@bentoml.api\ndef f(self, op: str):\n    return getattr(self.model, op)()\n"
            ),
        ],
        good: [
            .file("a.py", "getattr(model, 'eval')()\nx = getattr(settings, name, None)\n"),
            .file("b.py", "import os\nlist(map(os.path.basename, paths))\nos.register_at_fork(before=f)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls { hidden(call, &findings) }
            }
        ]
    )

    private static func hidden(_ call: PythonCall, _ findings: inout Findings) {
        if call.name == "builtins.getattr", let attribute = call.argument("", at: 1), attribute.text == nil {
            let base = call.first?.name ?? ""
            if call.handler != nil, let parameter = attribute.taint.first {
                findings.add(call.place, "'getattr' looks up a function by \(PythonCall.source(parameter))")
            } else if PythonNames.dangerousModules.contains(base) {
                let message =
                    "'getattr' looks up a function of \(Printed.quoted(base)) whose name the source does not hold"
                findings.add(call.place, message, weaker: .warning)
            }
        }
        for argument in call.arguments {
            guard let name = argument.value.name, PythonNames.dangerousFunctions.contains(name),
                call.name != "builtins.isinstance"
            else { continue }
            let message = "\(Printed.quoted(name)) is handed to \(call.printedName), which may call it"
            findings.add(call.place, message, weaker: .warning)
        }
    }
}
