// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonNativeLibrary = Rule(
        id: "BKL-P009",
        title: "Native code is loaded",
        severity: .error,
        why: "A library runs in the server's process from the moment it is loaded, past all that Python would check.",
        mend:
            "Use operators that the runtime brings; build what is needed into the image, reviewed, and not "
            + "beside the model.",
        references: [.cwe(114), .cwe(829), .owasp("A08:2025"), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .file("a.py", "import ctypes\nlib = ctypes.CDLL('./libops.so')\n"),
            .file("c.py", "import ctypes\nctypes.cdll['libc.so.6'].system(b'id')\n"),
            .file("b.py", "import tensorflow as tf\ntf.load_op_library('ops.so')\n"),
        ],
        good: [.file("a.py", "import ctypes\nx = ctypes.c_int(1)\n")],
        checks: [
            .python { module, findings in
                for call in module.calls where PythonNames.native.contains(call.name) || isOfLibrary(call.name) {
                    if let parameter = call.requestParameter {
                        findings.add(
                            call.place,
                            "\(call.printedName) loads native code by \(PythonCall.source(parameter))"
                        )
                    } else {
                        let library = call.first?.text.map { " \(Printed.quoted($0))" } ?? ""
                        findings.add(call.place, "\(call.printedName) loads native code\(library)", weaker: .warning)
                    }
                }
            }
        ]
    )

    /// `ctypes.pythonapi.PyRun_SimpleString`, `ctypes.cdll.libc.system`, `ctypes.cdll["libc.so.6"].system`.
    private static func isOfLibrary(_ name: String) -> Bool {
        ["ctypes.pythonapi.PyRun", "ctypes.cdll", "ctypes.pydll", "ctypes.windll", "ctypes.oledll"].contains { loader in
            name.hasPrefix(loader + "[") || name.hasPrefix(loader + ".") || name.hasPrefix(loader + "_")
        }
    }
}
