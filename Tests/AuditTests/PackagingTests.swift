// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Requirements and build files")
struct PackagingTests {
    private func read(_ text: String) throws -> RequirementsFile {
        try RequirementsReader.read(text, file: "requirements.txt")
    }

    @Test(
        "What pip installs, and whether it can be only that",
        arguments: [
            ("flask", "flask", "", false), ("flask==3.0.0", "flask", "==3.0.0", true),
            ("flask == 3.0.0", "flask", "==3.0.0", true),
            ("flask===3.0.0", "flask", "===3.0.0", true), ("flask==3.*", "flask", "==3.*", false),
            ("flask>=3,<4", "flask", ">=3,<4", false), ("flask[async, dotenv]==3.0", "flask", "==3.0", true),
            ("flask (==3.0)", "flask", "==3.0", true),
            ("flask~=3.0 ; python_version == '3.9'", "flask", "~=3.0", false),
            ("flask==3.0;python_version=='3.9'", "flask", "==3.0", true), ("flask # ==3.0", "flask", "", false),
            ("flask ==", "flask", "==", false), ("\u{FEFF}flask==1.0", "flask", "==1.0", true),
            ("flask==1.0 \\\r\n  --hash=sha256:aa", "flask", "==1.0", true), ("  flask==1.0  ", "flask", "==1.0", true),
        ]
    )
    func requirements(_ text: String, _ name: String, _ version: String, _ isPinned: Bool) throws {
        let file = try read(text)
        let requirement = try #require(file.requirements.first)
        #expect(file.requirements.count == 1 && requirement.name == name && requirement.version == version)
        #expect(requirement.isPinned == isPinned)
    }

    @Test(
        "Addresses",
        arguments: [
            ("git+https://h/a.git@main#egg=a", false), ("./a.whl", false), ("a @ https://h/a.whl", false),
            ("-e .", false),
            ("https://h/a-1.0.tar.gz", false), ("a@https://h/a.whl#sha256=00", true),
            ("git+ssh://git@h/a.git@0123456789abcdef0123456789ABCDEF01234567#egg=a", true),
            ("git+https://h/a.git@0123456789abcdef", false),
        ]
    )
    func addresses(_ text: String, _ isPinned: Bool) throws {
        let requirement = try #require(try read(text).requirements.first)
        #expect(requirement.address != nil && requirement.isPinned == isPinned)
    }

    @Test("Options by their long names, wherever their values stand")
    func options() throws {
        let file = try read(
            "-i https://a\n--extra-index-url=https://b --trusted-host h\n-rother.txt\n--no-index\n\n# -i c\n"
        )
        #expect(
            file.options.map(\.name) == [
                "--index-url", "--extra-index-url", "--trusted-host", "--requirement", "--no-index",
            ]
        )
        #expect(file.options.map(\.value) == ["https://a", "https://b", "h", "other.txt", ""])
        #expect(file.options.map(\.place.line) == [1, 2, 2, 3, 4])
    }

    @Test(
        "What is no requirement is refused",
        arguments: ["==1.0", "a b\u{301}c!", "flask\u{0}==1", "-i https://a b", "{}", "é"]
    )
    func refused(_ text: String) {
        #expect(throws: Unreadable.self) { try read("flask\n\(text)\n") }
    }

    @Test("Lines and their number are bounded")
    func bounds() throws {
        var limits = AuditLimits()
        (limits.lineBytes, limits.nodes) = (20, 3)
        #expect(throws: Never.self) { try RequirementsReader.read("a\nb\nc\n", file: "r", limits: limits) }
        #expect(throws: Unreadable.self) { try RequirementsReader.read("a\nb\nc\nd\n", file: "r", limits: limits) }
        let line = String(repeating: "a", count: 20)
        #expect(throws: Never.self) { try RequirementsReader.read(line, file: "r", limits: limits) }
        #expect(throws: Unreadable.self) { try RequirementsReader.read(line + "a", file: "r", limits: limits) }
        // Continued lines are one.
        #expect(throws: Unreadable.self) {
            try RequirementsReader.read("aaaaaaaaaaa\\\naaaaaaaaaaa", file: "r", limits: limits)
        }
    }

    @Test(
        "Patterns of what is packed are those of .gitignore",
        arguments: [
            ("*", "", true), ("*.py", "", false), ("conf", "", true), ("conf/", "", true), ("/conf/*", "", true),
            ("**/*.pem", "", true),
            ("conf/**", "", true), ("conf/**/*.pem", "", true), ("con?/*.pem", "", true), ("./conf/a.pem", "", true),
            ("a.pem", "", true), ("other/a.pem", "", false), ("**", "", true), ("conf/a.pem/x", "", false),
            ("*", "*.pem", false), ("*", "conf", false), ("*", "conf/a.*", false), ("*", "other", true),
            ("*", "*.key", true),
            ("*", "['*.pem', '!conf/a.pem']", true), ("*", "['!conf/a.pem', '*.pem']", false),
            ("*", "*a*e*m", false), ("*", "**/conf/**", false),
        ]
    )
    func patterns(_ include: String, _ exclude: String, _ isPacked: Bool) {
        let excluded = exclude.isEmpty ? "" : "exclude: \(exclude.hasPrefix("[") ? exclude : "['\(exclude)']")\n"
        let build = "service: 'a:b'\ninclude: ['\(include)']\n" + excluded
        let result = RuleExampleTests.audit(.files(["b/bentofile.yaml": build, "b/conf/a.pem": "x"]))
        #expect(result.findings.contains { $0.rule == "BKL-B009" } == isPacked)
    }

    @Test("A pattern that could be matched in many ways takes no time", .timeLimit(.minutes(10)))
    func slowPattern() {
        let stars = String(repeating: "*a", count: 5000)
        let globs = String(repeating: "**/a/", count: 30)
        let build = "service: 'a:b'\ninclude: ['\(stars)b', '\(globs)b']\n"
        let name = String(repeating: "a", count: 200) + ".pem"
        let directories = String(repeating: "a/", count: 60)
        let result = RuleExampleTests.audit(.files(["bentofile.yaml": build, directories + name: "x"]))
        #expect(!result.findings.contains { $0.rule == "BKL-B009" })
    }

    @Test(
        "An image that is built by calls is judged as one of a build file",
        arguments: [
            (".run('curl https://h.example/a | sh')", "BKL-D", true), (".run('ls -l')", "BKL-D", false),
            (".run('true').run('set -e\\nwget -O- http://h.example/a | bash')", "BKL-D", true),
            (".python_packages('torch')", "BKL-B001", true), (".python_packages('torch==2.4.0')", "BKL-B001", false),
            (".python_packages('--index-url http://h.example/simple', 'a==1')", "BKL-B004", true),
            (".requirements_file('../../requirements.txt')", "BKL-B013", true),
            (".python_packages('a==1')", "BKL-B010", false), (".system_packages(*['a', '$(id)'])", "BKL-B014", true),
        ]
    )
    func images(_ calls: String, _ rule: String, _ isFound: Bool) {
        let source = "from bentoml.images import Image\nbase = Image(base_image='python:3.11')\nimage = base\(calls)\n"
        let findings = RuleExampleTests.audit(.file("service.py", source)).findings
        #expect(findings.contains { $0.rule.hasPrefix(rule) && $0.place.line == 3 } == isFound, "\(findings)")
        #expect(findings.contains { $0.rule == "BKL-B012" && $0.place.line == 2 })
    }

    @Test("A link that is packed and leads out is found")
    func links() {
        var tree = LinkedTree()
        #expect(tree.audit().contains { $0.rule == "BKL-B013" && $0.place.file == "b/data" })
        tree.leavesRoot = false
        #expect(!tree.audit().contains { $0.rule == "BKL-B013" })
    }

    @Test("A build file is known by its name, or by what it says")
    func recognised() {
        func builds(_ file: String, _ text: String) -> Bool {
            let result = RuleExampleTests.audit(.file(file, text))
            return result.findings.contains { $0.rule == "BKL-B002" }
        }
        let unlocked = "python: {packages: ['a==1'], lock_packages: false}\n"
        #expect(builds("x/bentofile.yaml", unlocked) && builds("bentofile.dev.yml", unlocked))
        #expect(builds("build.yaml", "service: 'a:b'\n" + unlocked) && !builds("build.yaml", unlocked))
        #expect(builds("pyproject.toml", "[tool.bentoml.build.python]\nlock_packages = false\n"))
        #expect(!builds("pyproject.toml", "[tool.other.python]\nlock_packages = false\n"))
    }
}

/// A build with a link beside it.
private struct LinkedTree: AuditTree {
    var leavesRoot = true

    func entries() -> (entries: [AuditEntry], unreadable: [Unreadable]) {
        let entries = [
            AuditEntry(path: "b", kind: .directory), AuditEntry(path: "b/bentofile.yaml", kind: .file, size: 30),
            AuditEntry(path: "b/data", kind: .link(to: "/home/user", leavesRoot ? .outsideRoot : .directory)),
        ]
        return (entries, [])
    }

    func open(_ path: String) throws(Unreadable) -> any ByteSource {
        MemoryBytes(Array("service: 'a:b'\ninclude: ['*']\n".utf8))
    }

    func audit() -> [Finding] { Audit(python: PythonProgram.reader).run(self).findings }
}
