// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceTextContainment = Rule(
        id: "BKL-S018",
        title: "A path is compared by how it begins",
        severity: .warning,
        why: "'/models-evil' begins with '/models': a directory beside the right one passes.",
        mend: "pathlib.Path(path).resolve().is_relative_to(base), or os.path.commonpath.",
        references: [.cwe(22), .cwe(697), .owasp("A01:2025"), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .file(
                "a.py",
                "import os\nif not os.path.realpath(path).startswith('/models'):\n    raise RuntimeError('no')\n"
            ),
            .file("b.py", "from pathlib import Path\nok = str(Path(p).resolve()).startswith(base)\n"),
        ],
        good: [
            .file("a.py", "import os\nok = os.path.realpath(path).startswith('/models/')\n"),
            .file(
                "b.py",
                "from pathlib import Path\nok = Path(p).resolve().is_relative_to(base)\nname.startswith('a')\n"
            ),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where call.method == "startswith" && isPath(call.name) {
                    let base = call.first
                    // With a separator at its end it is the beginning of what lies beneath.
                    if let text = base?.text, text.hasSuffix("/") || text.hasSuffix("\\") { continue }
                    let what = base?.text.map { Printed.quoted($0) } ?? "a directory"
                    findings.add(
                        call.place,
                        "a path is compared with \(what) by how it begins, which paths beside it do as well"
                    )
                }
            }
        ]
    )

    private static let makers = [
        "os.path.realpath()", "os.path.abspath()", "os.path.normpath()", ".resolve()", ".absolute()",
    ]

    private static func isPath(_ name: String) -> Bool {
        makers.contains { name.hasSuffix($0 + ".startswith") || name.hasSuffix($0 + ".as_posix().startswith") }
    }
}
