// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonUnseenCode = Rule(
        id: "BKL-P022",
        title: "Code is loaded that no audit sees",
        severity: .error,
        why:
            "A file of any name, an archive or bytes become code: what they do is in no source that was looked at, "
            + "and whoever can change them runs code in the server's place.",
        mend: "Import modules by their names, from .py files that lie beside the source or from pinned packages.",
        references: [
            .cwe(94), .cwe(829), .cwe(913), .owasp("A08:2025"), .owaspLLM("LLM05"),
            .sheet("Triton: Sandbox Custom Backend Code"),
        ],
        bad: [
            .file(
                "model.py",
                """
                from importlib.machinery import SourceFileLoader as S
                import os
                S("evil", os.path.join(os.path.dirname(__file__), "w.txt")).load_module()
                """
            ),
            .file(
                "model.py",
                "import importlib.util as u\ns = u.spec_from_file_location('e', path)\nm = u.module_from_spec(s)\n"
                    + "s.loader.exec_module(m)\n"
            ),
            .file("a.py", "import runpy\nrunpy.run_path('w.txt')\n"),
            .file("a.py", "import zipimport\nzipimport.zipimporter('w.zip').load_module('e')\n"),
            .file("a.py", "from importlib.machinery import SourcelessFileLoader as S\nS('e', 'e.py').load_module()\n"),
            .file("a.py", "import imp\nimp.load_source('e', 'w.txt')\n"),
            .file("a.py", "import pydoc\npydoc.importfile(p)\n"),
            .file("a.py", "type(__loader__)('e', 'w.txt').load_module()\n"),
            .file("a.py", "import types\nf = types.FunctionType(compile(text, 'a', 'exec'), {})\n"),
            .file("a.py", "f.__code__ = f.__code__.replace(co_code=b'd')\n"),
            .file(
                "a.py",
                "from importlib.abc import SourceLoader\nclass L(SourceLoader):\n"
                    + "    def get_data(self, p): return data\n"
            ),
            .file("a.py", "import logging.config, json\nlogging.config.dictConfig(json.load(open('log.json')))\n"),
            .file("a.py", "from logging import config\nconfig.listen(9999)\n"),
            .file(
                "app.py",
                "from fastapi import FastAPI\nimport sys\napp = FastAPI()\n@app.post('/x')\ndef f(name: str):\n"
                    + "    sys.path.insert(0, '/plugins/' + name)\n"
            ),
            .file("a.py", "import pip\npip.main(['install', 'x'])\n"),
            .file("a.py", "import doctest\ndoctest.testfile('w.txt')\n"),
        ],
        good: [
            .file(
                "a.py",
                "import importlib\nm = importlib.import_module('numpy')\nn = importlib.import_module(name)\n"
            ),
            .file("a.py", "import importlib.util as u\nif u.find_spec('numpy') is None: raise ImportError('numpy')\n"),
            .file("a.py", "import runpy\nrunpy.run_module('tool')\nself.load_source(x)\nspec.load_module_names()\n"),
            .file("a.py", "import types\ncopy = types.FunctionType(f.__code__, f.__globals__, f.__name__)\n"),
            .file("a.py", "import logging.config\nlogging.config.dictConfig({'version': 1, 'handlers': {}})\n"),
            .file("a.py", "import doctest\ndoctest.testmod()\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls {
                    loaded(call, &findings)
                    made(call, &findings)
                    configured(call, &findings)
                }
                for item in module.classes where item.bases.contains(where: isLoader) {
                    findings.add(item.place, "\(Printed.quoted(item.name)) makes modules of whatever it reads")
                }
            }
        ]
    )

    /// Where the path stands that is loaded.
    private static let loaders: [Substring: Int] = [
        "SourceFileLoader": 1, "SourcelessFileLoader": 1, "ExtensionFileLoader": 1, "spec_from_file_location": 1,
        "zipimporter": 0, "FileFinder": 0,
    ]

    private static let loadingFunctions: [String: Int] = [
        "imp.load_source": 1, "imp.load_compiled": 1, "imp.load_module": 2, "runpy.run_path": 0, "pydoc.importfile": 0,
    ]

    /// See ``pythonSearchPath`` for directories that the source names.
    private static let searching: Set<String> = [
        "sys.path.insert", "sys.path.append", "sys.path.extend", "site.addsitedir",
    ]

    private static let installers: Set<String> = ["pip.main", "pip._internal.main", "pip._internal.cli.main.main"]

    private static func loaded(_ call: PythonCall, _ findings: inout Findings) {
        if call.name.hasPrefix("doctest."), call.method == "testfile" {
            findings.add(call.place, "'doctest.testfile' runs the examples of a text file", weaker: .warning)
        } else if installers.contains(call.name) {
            findings.add(call.place, "\(call.printedName) installs packages while the code runs")
        } else if searching.contains(call.name), let parameter = call.requestParameter {
            findings.add(call.place, "\(call.printedName) has code looked for in \(PythonCall.source(parameter))")
        } else if let position = loadingFunctions[call.name] ?? loaders[call.method] {
            let path = call.argument("location", at: position) ?? call.argument("path") ?? call.argument("path_name")
            if let parameter = call.requestParameter {
                findings.add(call.place, "\(call.printedName) loads code by \(PythonCall.source(parameter))")
            } else if let path, takesSources(call), PythonCodeOrigin.isSourceBeside(path) {
                findings.add(call.place, "\(call.printedName) loads a source by its path", weaker: .warning)
            } else {
                let file = path?.text.map { "\(Printed.quoted($0)), " } ?? ""
                findings.add(call.place, "\(call.printedName) loads code from \(file)a place that is no import's")
            }
        } else if call.method == "load_module" || call.method == "exec_module", isOwnLoader(call.name) {
            findings.add(call.place, "\(call.printedName) loads code by the loader of another module")
        }
    }

    /// Whether it reads a `.py` file as an import does, and not as bytecode, an archive or a library.
    private static func takesSources(_ call: PythonCall) -> Bool {
        !["SourcelessFileLoader", "ExtensionFileLoader", "zipimporter", "FileFinder", "load_compiled"]
            .contains(call.method) && call.argument("loader") == nil
    }

    /// `__loader__` and `type(__loader__)(…)`.
    private static func isOwnLoader(_ name: String) -> Bool {
        name.contains("__loader__") || name.contains("builtins.type()()")
    }

    private static func isLoader(_ base: String) -> Bool {
        ["SourceLoader", "InspectLoader", "ExecutionLoader", "FileLoader"].contains { base.hasSuffix($0) }
            && base.contains("importlib")
    }

    private static func made(_ call: PythonCall, _ findings: inout Findings) {
        if call.name == "types.CodeType" || call.argument("co_code") != nil {
            findings.add(call.place, "\(call.printedName) makes code of bytes")
        } else if call.name == "types.FunctionType", let code = call.argument("code", at: 0),
            code.name?.hasSuffix("__code__") != true
        {
            let isMade = code.name == "builtins.compile()" || PythonCodeOrigin.isElsewhere(code)
            findings.add(
                call.place,
                "'types.FunctionType' makes a function of code that no source has",
                weaker: isMade ? nil : .warning
            )
        }
    }

    /// What configures loggers names functions that are called, and texts that are evaluated.
    private static func configured(_ call: PythonCall, _ findings: inout Findings) {
        guard call.name.hasPrefix("logging.config.") else { return }
        if call.method == "listen" {
            let message = "'logging.config.listen' takes configurations, which name functions to call, from a port"
            return findings.add(call.place, message, weaker: call.argument("verify", at: 1) == nil ? nil : .warning)
        }
        guard call.method == "dictConfig" || call.method == "fileConfig", let given = call.first else { return }
        if let parameter = call.requestParameter {
            findings.add(call.place, "\(call.printedName) calls the functions of \(PythonCall.source(parameter))")
        } else if call.method == "fileConfig" || PythonCodeOrigin.isRead(given) {
            let message = "\(call.printedName) calls whatever functions a file names"
            findings.add(call.place, message, weaker: .warning)
        }
    }
}
