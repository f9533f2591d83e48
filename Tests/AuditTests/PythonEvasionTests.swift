// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Ways of Python code past the auditor that were found")
struct PythonEvasionTests {
    private func severities(_ rule: String, _ path: String, _ source: String) -> [Severity] {
        let result = Audit(python: PythonProgram.reader).run(MemoryTree([path: Array(source.utf8)]))
        #expect(result.unreadable.isEmpty)
        return result.findings.filter { $0.rule == rule }.map(\.severity)
    }

    @Test(
        "Code that no source holds is an error",
        arguments: [
            ("BKL-P001", "import cProfile\ncProfile.run(open(path).read())"),
            ("BKL-P001", "import pathlib\nexec(compile(pathlib.Path('w.txt').read_text(), 'a', 'exec'))"),
            ("BKL-P001", "import urllib.request as u\nexec(u.urlopen(address).read().decode())"),
            ("BKL-P001", "import marshal\nwith open(path, 'rb') as f:\n    data = f.read()\nexec(marshal.loads(data))"),
            ("BKL-P001", "import os\nexec(open(os.path.join(os.path.dirname(__file__), '..', 'w.py')).read())"),
            (
                "BKL-P001",
                "import contextlib\nwith contextlib.suppress(OSError):\n    raise OSError\nexec(open(path).read())"
            ),
            ("BKL-P001", "import sys\nsys.exit = print\nsys.exit()\nexec(open(path).read())"),
            (
                "BKL-P001",
                "import sys\nsys.exit = print\ntry:\n    sys.exit()\nexcept OSError:\n    sys.exit()\nelse:\n"
                    + "    exec(open(path).read())"
            ),
            (
                "BKL-P001",
                "import sys\nsys.exit = print\nif path:\n    sys.exit()\nelse:\n    sys.exit()\nexec(open(path).read())"
            ),
            ("BKL-P022", "import importlib.machinery\nimportlib.machinery.SourceFileLoader('e', '/tmp/e.py')"),
            ("BKL-P022", "import runpy\nrunpy.run_path('/tmp/e.py')"),
        ]
    )
    func unseen(_ rule: String, _ source: String) {
        #expect(severities(rule, "models/a/1/model.py", source).contains(.error))
    }

    @Test(
        "What a source beside this one holds is audited there",
        arguments: [
            ("BKL-P001", "import os\nexec(open(os.path.join(os.path.dirname(__file__), 'version.py')).read())"),
            ("BKL-P001", "with open('pkg/version.py') as f:\n    exec(f.read())"),
            (
                "BKL-P022",
                "import importlib.util as u\nfrom pathlib import Path\n"
                    + "s = u.spec_from_file_location('h', Path(__file__).parent / 'helper.py')"
            ),
            ("BKL-P022", "import runpy\nrunpy.run_path('tool.py')"),
        ]
    )
    func beside(_ rule: String, _ source: String) {
        #expect(severities(rule, "setup.py", source) == [.warning])
    }

    @Test(
        "Secrets of tests and examples are no errors, keys that something issued are",
        arguments: [
            ("tests/test_auth.py", "login(data={'username': 'u', 'password': 'wrong-password'})", Severity.note),
            ("service.py", "example = {'password': 'string'}", .warning),
            ("service.py", "password = 'changeme'", .warning), ("service.py", "password = 'xxxxxxxx'", .warning),
            ("service.py", "password = 'hunter22'", .error), ("service.py", "password = 'admin'", .error),
            ("tests/test_a.py", "API_KEY = 'q8Zt4LmX2vB7nR5kW9sD1f'", .error),
            ("tests/test_a.py", "KEY = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'", .error),
        ]
    )
    func examples(_ path: String, _ source: String, _ severity: Severity) {
        #expect(severities("BKL-P013", path, source) == [severity])
    }
}
