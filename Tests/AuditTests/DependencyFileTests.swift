// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Lock files and manifests")
struct DependencyFileTests {
    private static let commit = "0123456789012345678901234567890123456789"

    /// What each file has to say of `a`, as `version hash address`, with `-` for nothing.
    @Test(
        "Each says of a package which version, with which hash, from where",
        arguments: [
            (
                "uv.lock",
                """
                [[package]]
                name = "a"
                version = "1.0"
                source = { git = "https://h.example/a.git?rev=main#\(commit)" }
                """, "==1.0 - git+https://h.example/a.git@\(commit)"
            ),
            (
                "uv.lock",
                """
                [[package]]
                name = "a"
                version = "1.0"
                source = { registry = "https://pypi.org/simple" }
                sdist = { url = "https://f.example/a.tar.gz", hash = "sha256:00" }
                wheels = [{ url = "https://f.example/a.whl" }]
                """, "==1.0 - -"
            ),
            (
                "poetry.lock",
                """
                [[package]]
                name = "a"
                version = "1.0"
                files = [{file = "a.whl", hash = "sha256:00"}]
                """, "==1.0 sha256:00 -"
            ),
            (
                "poetry.lock",
                """
                [[package]]
                name = "a"
                version = "1.0"
                [metadata.files]
                a = [{file = "a.whl", hash = "sha256:00"}]
                """, "==1.0 sha256:00 -"
            ),
            (
                "pdm.lock",
                "[[package]]\nname = 'a'\nversion = '1.0'\ngit = 'https://h.example/a.git'\nrevision = '\(commit)'\n",
                "==1.0 - git+https://h.example/a.git@\(commit)"
            ),
            (
                "pylock.dev.toml",
                """
                lock-version = "1.0"
                [[packages]]
                name = "a"
                version = "1.0"
                wheels = [{ url = "https://f.example/a.whl", hashes = { sha256 = "00" } }]
                """, "==1.0 00 -"
            ),
            (
                "pylock.toml",
                "[[packages]]\nname = 'a'\n[packages.vcs]\ntype = 'git'\nurl = 'https://h.example/a'\ncommit-id = '\(commit)'\n",
                "- - git+https://h.example/a@\(commit)"
            ),
            (
                "Pipfile.lock", #"{"default": {"a": {"version": "==1.0", "hashes": ["sha256:00"]}}}"#,
                "==1.0 sha256:00 -"
            ),
            (
                "Pipfile.lock", #"{"develop": {"a": {"git": "https://h.example/a", "ref": "main"}}}"#,
                "- - git+https://h.example/a@main"
            ),
            ("Pipfile", "[packages]\na = '*'\n", "- - -"),
            ("Pipfile", "[dev-packages]\na = {version = '==1.0'}\n", "==1.0 - -"),
            (
                "Pipfile", "[packages]\na = {version = '==1.0', git = 'https://h.example/a.git'}\n",
                "- - git+https://h.example/a.git"
            ),
            (
                "pyproject.toml",
                "[tool.poetry.dependencies]\na = {version = '1.0', url = 'https://h.example/a.whl'}\n",
                "- - https://h.example/a.whl"
            ),
            ("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3'\na = '1.0'\n", "==1.0 - -"),
            (
                "pyproject.toml",
                "[tool.poetry.group.dev.dependencies]\na = {git = 'https://h.example/a', tag = 'v1'}\n",
                "- - git+https://h.example/a@v1"
            ),
            ("pyproject.toml", "[dependency-groups]\ndev = ['a>=1', {include-group = 'b'}]\n", ">=1 - -"),
            (
                "pyproject.toml", "[project.optional-dependencies]\nx = ['a[y]==1.0; python_version > \"3\"']\n",
                "==1.0 - -"
            ),
            (
                "pyproject.toml", "[tool.uv.sources]\na = {url = 'https://h.example/a.whl'}\n",
                "- - https://h.example/a.whl"
            ),
            ("setup.cfg", "[options]\ninstall_requires =\n    # first\n    a~=1.0\npackages = find:\n", "~=1.0 - -"),
            ("setup.cfg", "[options.extras_require]\nx = a==1.0\n", "==1.0 - -"),
            ("environment.yml", "dependencies: ['conda-forge::a=1.0']\n", "==1.0 - -"),
            ("env/conda.yaml", "channels: []\ndependencies:\n- pip:\n  - a==1.0\n", "==1.0 - -"),
        ]
    )
    func packages(_ name: String, _ text: String, _ expected: String) throws {
        let found = Self.read(name, text)
        let package = try #require(found?.requirements.first { $0.name == "a" })
        let parts = [package.version, package.hashes.first ?? "", package.address ?? ""].map { $0.isEmpty ? "-" : $0 }
        #expect(parts.joined(separator: " ") == expected)
        #expect(package.place.line != nil && found?.requirements.count == 1)
    }

    private static func read(_ name: String, _ text: String) -> RequirementsFile? {
        subject(of: [name: text]) { keep in .requirements { file, _ in keep(file) } }.subject
    }

    @Test(
        "What is of the project itself is no package of a lock",
        arguments: ["virtual", "editable", "directory", "path"]
    )
    func own(_ key: String) {
        let text = "[[package]]\nname = 'mine'\nversion = '1'\nsource = { \(key) = '.' }\n"
        #expect(Self.read("uv.lock", text)?.requirements.isEmpty == true)
    }

    @Test(
        "A file that is broken, or of another kind, is told or left alone",
        arguments: [
            ("uv.lock", "[[package", true), ("Pipfile.lock", "{", true), ("Pipfile", "= 1", true),
            ("setup.cfg", "[options\ninstall_requires = a\u{0}\n", false), ("uv.lock", "package = 1\n", false),
            ("poetry.lock", "[[package]]\nname = 1\nsource = 'x'\n", false), ("pyproject.toml", "[tool.x]\n", false),
            ("a.yaml", "dependencies: [a]\n", false),
        ]
    )
    func hostile(_ name: String, _ text: String, _ isTold: Bool) {
        let result = Audit().run(MemoryTree([name: Array(text.utf8)]))
        #expect(result.unreadable.isEmpty != isTold)
    }

    @Test("However many indexes a lock names, each is looked at")
    func manyIndexes() {
        let packages = (0..<150).map { number in
            let scheme = number == 149 ? "http" : "https"
            return
                "[[package]]\nname = 'p\(number)'\nversion = '1'\nsource = {registry = '\(scheme)://i\(number).example/'}\n"
        }
        let found = Audit().run(MemoryTree(["uv.lock": Array(packages.joined().utf8)])).findings
        #expect(found.contains { $0.message.contains("http://i149.example/") })
    }
}
