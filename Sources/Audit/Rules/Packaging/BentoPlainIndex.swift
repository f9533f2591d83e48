// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoPlainIndex = Rule(
        id: "BKL-B004",
        title: "Packages come without encryption",
        severity: .error,
        why: "Whoever is on the way puts other packages in their place, which run when they are installed.",
        mend: "https:// for every index and address.",
        references: [.cwe(319), .cwe(494), .owasp("A02:2025")],
        bad: [
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  index_url: http://pypi.example/simple\n"),
            .file("requirements.txt", "-i http://pypi.example/simple\nflask==3.0.0\n"),
            .file("requirements.txt", "-r http://files.example/more.txt\n"),
            .file("requirements.txt", "--constraint=http://files.example/c.txt\nflask==3.0.0\n"),
            .file("requirements.txt", "a @ http://files.example/a-1.0.whl\n"),
            .file("requirements.txt", "--index http://pypi.example/simple\nflask==3.0.0\n"),
            .file("uv.toml", "index-url = 'http://pypi.example/simple'\n"),
            .file(
                "pyproject.toml",
                "[build-system]\nrequires = ['setuptools', 'a @ http://files.example/a-1.0.whl']\n"
            ),
            .files([
                "Dockerfile": "FROM python:3.11-slim\nCOPY req.txt .\nRUN pip install -r req.txt\n",
                "req.txt": "--index-url http://pypi.example/simple\nflask==3.0.0\n",
            ]),
            .files([
                "docker/Dockerfile": "FROM python:3.11-slim\nCOPY a/deps /tmp/\nRUN uv pip install -qr/tmp/deps\n",
                "a/deps": "-i http://pypi.example/simple\nflask==3.0.0\n",
            ]),
            .files([
                "Dockerfile": "FROM python:3.11-slim\nCOPY . /app\nRUN pip install --constraint=/app/d/c.txt flask\n",
                "d/c.txt": "-i http://pypi.example/simple\nflask==3.0.0\n",
            ]),
            .files([
                "run.sh": "pip install -Ur ./deps.txt\n", "deps.txt": "-i http://pypi.example/simple\nflask==3.0.0\n",
            ]),
            .files(["requirements.txt": "-r more.in\n", "more.in": "-i http://pypi.example/simple\nflask==3.0.0\n"]),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\npython:\n  pip_args: '--extra-index-url http://pypi.example/simple'\n"
            ),
            .file("uv.lock", ExampleLocks.uv.replacing("https://pypi.org", with: "http://pypi.example")),
            .file("Pipfile", "[[source]]\nurl = 'http://pypi.example/simple'\n[packages]\nflask = '==3.0.0'\n"),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\nconda:\n  channels: ['http://conda.example/main']\n  dependencies: [numpy=1.26]\n"
            ),
            .file(
                "bentofile.yaml",
                "service: 'a:b'\nconda:\n  dependencies: [python=3.11]\n  pip: ['a @ http://files.example/a-1.0.whl']\n"
            ),
        ],
        good: [
            .file("uv.lock", ExampleLocks.uv),
            .files([
                "run.sh": "pip install -r req.txt; cat deps.txt\n", "req.txt": "flask==3.0.0\n",
                "deps.txt": "-i http://pypi.example/simple\nflask==3.0.0\n",
            ]),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  index_url: https://pypi.example/simple\n"),
            .file("requirements.txt", "--index-url=https://pypi.example/simple\nflask==3.0.0\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                look(at: PackageSource.all(of: build), build.packages, &findings)
            },
            .requirements { file, findings in look(at: PackageSource.all(of: file), file.requirements, &findings) },
        ]
    )

    private static func look(at sources: [PackageSource], _ packages: [Requirement], _ findings: inout Findings) {
        for source in sources where source.isPlain {
            findings.add(source.place, "packages come from \(Printed.quoted(source.value)) without encryption")
        }
        for package in packages {
            guard let address = package.address, PackageSource.isPlain(address) else { continue }
            findings.add(package.place, "a package comes from \(Printed.quoted(address)) without encryption")
        }
    }
}
