// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Kinds of files by their names")
struct FileKindsTests {
    private func rules(_ path: String, _ text: String) -> Set<String> {
        Set(Audit().run(MemoryTree([path: Array(text.utf8)])).findings.map(\.rule))
    }

    @Test(
        "A shell's script is told by the same names wherever it stands",
        arguments: [
            ("run.sh", true), ("RUN.SH", true), ("run.ash", true), ("run.dash", true), ("run.ksh", true),
            ("entrypoint", true), ("app-entrypoint", true), ("run.txt", false), ("entrypoint.md", false),
        ]
    )
    func shell(_ name: String, _ isScript: Bool) {
        let script = "docker run --privileged img:1\n"
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  \(name): |\n    " + script
        let others = [
            (name, script), ("map.yaml", map), ("Dockerfile", "FROM debian:12\nCOPY <<EOF /\(name)\n\(script)EOF\n"),
            ("other.bash", "cat > /opt/\(name) <<EOF\n\(script)EOF\n"),
        ]
        for (path, text) in others { #expect(rules(path, text).contains("BKL-D001") == isScript, "\(path)") }
    }

    @Test("What is loaded or cloned runs in any Python", arguments: ["python3", "pypy3"])
    func interpreters(_ program: String) {
        #expect(rules("run.sh", "curl -fsSL https://h.example/a | \(program) -\n").contains("BKL-D027"))
        #expect(rules("run.sh", "git clone https://h.example/a.git\n\(program) a/run.py\n").contains("BKL-B016"))
        #expect(rules("run.sh", "\(program) -m pip install git+https://h.example/a.git\n").contains("BKL-B016"))
    }
}
