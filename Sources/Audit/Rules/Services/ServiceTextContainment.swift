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
            .file("c.py", "import os\nok = os.path.realpath(p).startswith(os.path.join('/srv', 'models'))\n"),
            .file("c.py", "import os\nok = os.path.realpath(p).startswith(base + os.sep + 'a')\n"),
            .file("c.py", "import os\nok = os.path.realpath(p).startswith(find(base, '/'))\n"),
            .file("c.py", "import os\nok = os.path.realpath(p).startswith(base.split('/')[0])\n"),
        ],
        good: [
            .file("a.py", "import os\nok = os.path.realpath(path).startswith('/models/')\n"),
            .file(
                "a.py",
                """
                import os
                from pathlib import Path
                def check(path):
                    real = os.path.realpath(path)
                    one = real.startswith(BASE + os.sep) or real.startswith("/models" + os.path.sep)
                    two = real.startswith(os.path.join(BASE, "")) or real.startswith(f"{BASE}/")
                    three = str(Path(path).resolve()).startswith(str(BASE) + "/")
                    return one or two or three or real.startswith(("/a/", f"{BASE}{os.sep}"))
                """
            ),
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
                    if let base, endsInSeparator(base) { continue }
                    let what = base?.text.map { Printed.quoted($0) } ?? "a directory"
                    findings.add(
                        call.place,
                        "a path is compared with \(what) by how it begins, which paths beside it do as well"
                    )
                }
            }
        ]
    )

    private static func endsInSeparator(_ base: PythonValue) -> Bool {
        if !base.items.isEmpty { return base.items.allSatisfy(endsInSeparator) }
        if let text = base.text { return isSeparated(text) }
        let (name, last) = (base.name ?? "", base.arguments.last?.value)
        if name == "os.path.join()" { return last?.text.map { $0.isEmpty || isSeparated($0) } ?? false }
        // What a sum or an f-string is made of; of another call, or of one of its results, these are its arguments.
        guard let last, !name.hasSuffix(")"), !name.hasSuffix("]") else { return false }
        return ["os.sep", "os.path.sep"].contains(last.name) || last.text.map(isSeparated) ?? false
    }

    private static func isSeparated(_ text: String) -> Bool { text.hasSuffix("/") || text.hasSuffix("\\") }

    private static let makers = [
        "os.path.realpath()", "os.path.abspath()", "os.path.normpath()", ".resolve()", ".absolute()",
    ]

    private static func isPath(_ name: String) -> Bool {
        makers.contains { name.hasSuffix($0 + ".startswith") || name.hasSuffix($0 + ".as_posix().startswith") }
    }
}
