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
        ],
        good: [
            .file("tool.py", "def run(x):\n    return x.run()\nrunner.run(x)\nasyncio.run(main())\n"),
            .file("other.py", "import subprocess\ntry:\n    pass\nexcept subprocess.CalledProcessError:\n    pass\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls(PythonNames.starting) where !call.usesShell {
                    let given = [call.first, call.argument("args"), call.argument("executable"), call.argument("env")]
                    if call.handler != nil, let parameter = given.lazy.compactMap({ $0?.taint.first }).first {
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
}
