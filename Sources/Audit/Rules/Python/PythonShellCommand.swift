// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonShellCommand = Rule(
        id: "BKL-P004",
        title: "A shell runs a command",
        severity: .error,
        why: "A shell takes ';', '$(…)' and '|' for its own: whoever chooses part of the command runs any other.",
        mend: "Do without the program; or start it by a list of arguments, without a shell, each argument checked.",
        references: [
            .cwe(78), .owasp("A05:2025"), .bandit("B602"), .bandit("B605"), .cve("CVE-2025-23316"),
            .sheet("BentoML: Configure Secure Runner Execution"), .sheet("Triton: Sandbox Custom Backend Code"),
        ],
        bad: [
            .file(
                "runner.py",
                """
                class CommandRunnable(bentoml.Runnable):
                    @bentoml.Runnable.method
                    def run(self, cmd: str):
                        import subprocess
                        return subprocess.check_output(cmd, shell=True)
                """
            ),
            .file("a.py", "from os import system as s\ndef convert(name):\n    s(f'convert {name}')\n"),
            .file("b.py", "import importlib\nimportlib.import_module('os').system(command)\n"),
        ],
        good: [
            .file("a.py", "import subprocess\nsubprocess.run(['nvidia-smi', '-L'], check=True, shell=False)\n"),
            .file("b.py", "import os\nos.path.join('a', 'b')\nsystem = platform.system()\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls {
                    guard
                        PythonNames.shells.contains(call.name)
                            || (PythonNames.starting.contains(call.name) && call.usesShell)
                    else { continue }
                    if let parameter = call.requestParameter {
                        findings.add(call.place, "\(call.printedName) hands \(PythonCall.source(parameter)) to a shell")
                    } else if call.first?.isConstant == true {
                        findings.add(call.place, "\(call.printedName) starts a shell", weaker: .warning)
                    } else {
                        let message =
                            "\(call.printedName) hands a command to a shell that the source does not hold itself"
                        findings.add(call.place, message, weaker: .warning)
                    }
                }
            }
        ]
    )
}
