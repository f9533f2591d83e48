// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonSearchPath = Rule(
        id: "BKL-P020",
        title: "Code is looked for where anybody may write",
        severity: .warning,
        why:
            "Whoever can write a file there, another user or an upload that is kept, chooses what is imported under a "
            + "known name, and it runs as the server.",
        mend: "Install modules into the image, read-only: PYTHONPATH=/opt/service; leave /tmp for data.",
        references: [.cwe(427), .cwe(379), .cwe(829), .owasp("A08:2025"), .bandit("B108")],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\ndocker: {env: {PYTHONPATH: /tmp}}\n"),
            .file("a.py", "import sys\nsys.path.insert(0, '/tmp/plugins')\n"),
            .file("b.py", "__import__('sys').path.append('/dev/shm/modules')\n"),
            .file("c.py", "import site\nsite.addsitedir('/var/tmp/site')\n"),
            .file("d.py", "import sys\nsys.path += ['/opt/a', '/tmp']\n"),
            .file("e.py", "import os\nos.environ['LD_LIBRARY_PATH'] = '/usr/lib:/tmp/lib'\n"),
            .file("f.py", "import importlib.util\nimportlib.util.spec_from_file_location('a', '/tmp/a.py')\n"),
            .dockerfile("FROM python:3.11-slim\nENV PYTHONPATH=/srv:/tmp/plugins"),
            .service("image: triton:1.0\nenvironment:\n  PYTHONPATH: /tmp/plugins"),
            .container("env:\n- name: LD_LIBRARY_PATH\n  value: /usr/lib:/dev/shm"),
            .script("export PYTHONPATH=/tmp/plugins\nbentoml serve .\n"),
            .script("BUCKLER_PYTHON=/tmp/x exec buckler serve --model-repository=/models"),
            .dockerfile("FROM debian:12\nENV BUCKLER_PYTHON=/var/tmp/x"),
            .dockerfile("FROM debian:12\nCMD PYTHONPATH=/tmp python3 serve.py"),
            .dockerfile("FROM debian:12\nENTRYPOINT [\"env\", \"PYTHONPATH=/tmp\", \"python3\", \"serve.py\"]"),
        ],
        good: [
            .file("a.py", "import sys\nsys.path.insert(0, '/opt/service')\nsys.path.append('/tmpl')\n"),
            .file("b.py", "import tempfile, sys\nsys.path.insert(0, tempfile.mkdtemp())\n"),
            .file("c.py", "import os\nos.environ['TMPDIR'] = '/tmp'\nopen('/tmp/a.txt')\npaths.append('/tmp/a')\n"),
            .dockerfile("FROM python:3.11-slim\nENV PYTHONPATH=/srv TMPDIR=/tmp HF_HOME=/tmp/cache"),
            .service("image: triton:1.0\nenvironment:\n  PYTHONPATH: /srv:${MORE}"),
            .script("export PATH=/opt/bin:$PATH\nbentoml serve .\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls {
                    guard let path = searched(call).lazy.flatMap(paths).first(where: isOpen) else { continue }
                    findings.add(call.place, "\(call.printedName) has code looked for in \(Printed.quoted(path))")
                }
                for setting in module.settings where isSearch(setting.name) {
                    guard let path = paths(setting.value).lazy.flatMap(parts).first(where: isOpen) else { continue }
                    findings.add(
                        setting.place,
                        "\(Printed.quoted(setting.name)) has code looked for in \(Printed.quoted(path))"
                    )
                }
            },
            .assignments(judge),
        ] + RuleCheck.environment(judge)
    )

    /// See ``containerPreloadedLibrary`` for what names the libraries themselves.
    private static let variables: Set<String> = [
        "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "LD_LIBRARY_PATH", "PATH", "BASH_ENV",
        "PERL5LIB", "RUBYLIB", "NODE_PATH", "GCONV_PATH",
        // Where Buckler has its own part of a worker.
        "BUCKLER_PYTHON",
    ]

    private static func judge(_ name: String, _ value: Located<String>, _ owner: String, _ findings: inout Findings) {
        guard variables.contains(name), let path = parts(value.value).first(where: isOpen) else { return }
        findings.add(value.place, "\(owner) has code looked for in \(Printed.quoted(path)), by \(Printed.quoted(name))")
    }

    private static func isSearch(_ setting: String) -> Bool {
        setting == "sys.path" || (setting.hasPrefix("os.environ.") && variables.contains(String(setting.dropFirst(11))))
    }

    /// What says where a call has code looked for.
    private static func searched(_ call: PythonCall) -> [PythonValue] {
        let value =
            switch call.name {
            case "sys.path.insert", "importlib.util.spec_from_file_location", "importlib.machinery.SourceFileLoader",
                "importlib.machinery.ExtensionFileLoader":
                call.argument("location", at: 1) ?? call.argument("path")
            case "sys.path.append", "sys.path.extend", "site.addsitedir": call.argument("", at: 0)
            default: nil as PythonValue?
            }
        return value.map { [$0] } ?? []
    }

    /// The texts of a value, and how a formatted one begins.
    private static func paths(_ value: PythonValue) -> [String] {
        value.texts
            + ([value] + value.items).compactMap { part in
                part.name.flatMap { $0.hasPrefix("f:/") ? String($0.dropFirst(2)) : nil }
            }
    }

    /// Of a variable that lists directories.
    private static func parts(_ list: String) -> [String] { list.split { ":;".contains($0) }.map(String.init) }

    private static func isOpen(_ path: String) -> Bool { HostPath(path).isWritableByAll }
}
