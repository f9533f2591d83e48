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
            .file(
                "d.py",
                "import asyncio, bentoml, subprocess\n@bentoml.api\nasync def f(self, c: str):\n"
                    + "    return await asyncio.to_thread(subprocess.run, c, shell=True)\n"
            ),
            .file("e.py", "x = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen']\n"),
        ],
        good: [
            .file("c.py", "import atexit\natexit.register(close, 1)\nplugins = Plugin.__subclasses__()\n"),
            .file("a.py", "getattr(model, 'eval')()\nx = getattr(settings, name, None)\n"),
            .file("b.py", "import os\nlist(map(os.path.basename, paths))\nos.register_at_fork(before=f)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls { hidden(call, &findings) }
            }
        ]
    )

    /// Of `object`, or of what is only written to get there.
    private static func isOfAnything(_ name: String) -> Bool {
        name.hasPrefix("?.") || name.hasPrefix("builtins.object.") || name.contains("__base")
            || name.contains("__mro__")
    }

    private static func hidden(_ call: PythonCall, _ findings: inout Findings) {
        if call.name == "builtins.getattr", let attribute = call.argument("", at: 1), attribute.text == nil {
            let base = call.first?.name ?? ""
            if call.handler != nil, let parameter = attribute.taint.first {
                // Of what was itself sent it is most often a member that is looked up.
                let message = "'getattr' looks up a function by \(PythonCall.source(parameter))"
                findings.add(call.place, message, weaker: call.first?.isTainted == true ? .warning : nil)
            } else if PythonNames.dangerousModules.contains(base) {
                let message =
                    "'getattr' looks up a function of \(Printed.quoted(base)) whose name the source does not hold"
                findings.add(call.place, message, weaker: .warning)
            }
        }
        if call.method == "__subclasses__", isOfAnything(call.name) {
            findings.add(call.place, "'__subclasses__' looks for classes among all that are loaded")
        }
        for argument in call.arguments {
            guard let name = argument.value.name, call.name != "builtins.isinstance" else { continue }
            let isDangerous = PythonNames.dangerousFunctions.contains(name)
            let isHarmful =
                isDangerous || PythonNames.starting.contains(name) || PythonNames.unpickling.contains(name)
            if isHarmful, let parameter = call.requestParameter {
                let message = "\(Printed.quoted(name)) is handed to \(call.printedName) with "
                findings.add(call.place, message + PythonCall.source(parameter))
            } else if isDangerous {
                let message = "\(Printed.quoted(name)) is handed to \(call.printedName), which may call it"
                findings.add(call.place, message, weaker: .warning)
            }
        }
    }
}
