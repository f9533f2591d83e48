// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Reports for people")
struct TextReportTests {
    private static func report(_ text: String) -> String {
        let result = Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)]))
        return TextReport(AuditReport(result, profile: .secure, version: "1", today: "2026-01-01")).text
    }

    @Test("What is found at one place is told above one frame, and the worst is the one to explain")
    func frames() throws {
        let text = Self.report("services:\n  web:\n    image: a:1\n    privileged: true\n")
        let lines = text.split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("compose.yaml:2:3: ") }.count > 2)
        #expect(lines.filter { $0 == "2 |   web:" }.count == 1)
        #expect(lines.filter { $0 == "4 |     privileged: true" }.count == 1)
        #expect(lines.last == "'buckler audit --explain BKL-D001' says why, and what to write instead")
    }

    @Test("Nothing found, nothing to explain")
    func nothing() { #expect(Self.report("version: '3'\n") == "0 errors, 0 warnings and 0 notes in 1 file\n") }

    @Test(
        "An excerpt is of the line that is meant, whatever else ends lines",
        arguments: [
            ("run.sh", "echo a\rb\ndocker run --privileged a:1\n", "docker run --privileged a:1"),
            ("Dockerfile", "FROM a:1\n# b\rc\nUSER root\n", "USER root"),
            ("compose.yaml", "# a\rservices:\n  a:\n    privileged: true\n", "    privileged: true"),
            ("compose.yaml", "# a\u{85}services:\n  a:\n    privileged: true\n", "    privileged: true"),
        ]
    )
    func lines(_ path: String, _ text: String, _ line: String) {
        let found = Audit().run(MemoryTree([path: Array(text.utf8)])).findings
        #expect(found.contains { ["BKL-D001", "BKL-D002"].contains($0.rule) && $0.excerpt == line })
    }
}
