// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonStartedProgram = Rule(
        id: "BKL-P005",
        title: "A program is started",
        severity: .error,
        why: "Whoever chooses the program or its arguments makes the server do what that program can.",
        mend: "Do without the program; or let clients choose only among arguments that the code holds itself.",
        references: [
            .cwe(78), .cwe(88), .owasp("A05:2025"), .bandit("B603"), .bandit("B606"),
            .sheet("Triton: Sandbox Custom Backend Code"),
        ],
        bad: [
            .file(
                "model.py",
                """
                class TritonPythonModel:
                    def execute(self, requests):
                        for request in requests:
                            data = pb_utils.get_input_tensor_by_name(request, "INPUT")
                            import subprocess
                            subprocess.run(data.decode())
                """
            ),
            .file(
                "api.py",
                "import bentoml, subprocess\n@bentoml.api\ndef f(self, name: str):\n"
                    + "    subprocess.call(['tool', name])\n"
            ),
            .file(
                "api.py",
                "import bentoml, os\n@bentoml.api\ndef f(self, c: str):\n    os.execlp('sh', 'sh', '-c', c)\n"
            ),
            .file(
                "api.py",
                "import bentoml, subprocess\n@bentoml.api\ndef f(self, c: str):\n    a = ['sh', '-c']\n"
                    + "    a.append(c)\n    subprocess.run(a)\n"
            ),
        ],
        good: [
            .file("tool.py", "def run(x):\n    return x.run()\nrunner.run(x)\nasyncio.run(main())\n"),
            .file("other.py", "import subprocess\ntry:\n    pass\nexcept subprocess.CalledProcessError:\n    pass\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls(PythonNames.starting) where !call.usesShell {
                    if call.handler != nil, let parameter = chosen(call) {
                        findings.add(
                            call.place,
                            "\(call.printedName) starts a program by \(PythonCall.source(parameter))"
                        )
                    } else {
                        let isServing = call.handler != nil
                        let message = "\(call.printedName) starts a program" + (isServing ? " for each request" : "")
                        findings.add(call.place, message, weaker: isServing ? .warning : .note)
                    }
                }
            }
        ]
    )

    /// The parameter that decides which program is started, or with what. Those of `subprocess` take both at once, and
    /// other things behind it that do no harm; others take one argument after the other.
    private static func chosen(_ call: PythonCall) -> String? {
        let named = ["args", "executable", "env", "argv", "path", "program"]
        let isOne = call.name.hasPrefix("subprocess.")
        let placed = call.arguments.prefix { $0.keyword == nil }.prefix(isOne ? 1 : .max)
        let given = placed.map(\.value) + named.compactMap { call.argument($0) }
        return given.lazy.compactMap(\.taint.first).first
    }
}
