// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

@Suite("JSON that is not strict")
struct JSONDocumentTests {
    @Test(arguments: [
        ("{\"a\": 1}", "{\"a\": 1}"), ("{\"a\": 1,}", "{\"a\": 1 }"), ("[1, // ü\n 2,\n]", "[1,     \n 2 \n]"),
        ("/* ü\n */{\"a//b\": \"/*\\\"*/,}\"}", "    \n   {\"a//b\": \"/*\\\"*/,}\"}"), ("{,}", "{ }"),
        ("/*/ a */1", "        1"), ("/**/1", "    1"), (#"["\" // ", 1] // x"#, #"["\" // ", 1]     "#),
        ("[1,, 2]", "[1,, 2]"), ("//", "  "), ("/*", "  "), ("/*/", "   "), ("/", "/"), ("\"\\", "\"\\"), ("", ""),
        ("{\"a\": 1, /* b */ // c\n}", "{\"a\": 1              \n}"),
    ])
    func commentsAreBlanked(_ text: String, _ blanked: String) { #expect(JSONComments.blanked(text) == blanked) }

    private func audit(_ text: String) -> AuditResult {
        Audit().run(MemoryTree(["a/settings.json": Array(text.utf8)]))
    }

    @Test(
        "Settings, lines of data and templates are nobody's manifests",
        arguments: [
            "/* for all */\n{\n  \"compilerOptions\": {\"module\": \"ES2022\", // x\n  },\n}\n",
            "{\"a\": 1}\n{\"a\": 2}\n", "{\"a\": \"{{ b }}\", {% if c %}\"d\": 1{% endif %}}",
        ]
    )
    func settings(_ text: String) {
        let result = audit(text)
        #expect(result.findings.isEmpty && result.unreadable.isEmpty)
    }

    @Test("A manifest with comments is read, and one that cannot be read is told")
    func manifests() {
        let pod =
            "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", // ours\n \"spec\": {\"hostPID\": true, \"containers\": []},\n}"
        #expect(audit(pod).findings.contains { $0.rule == "BKL-D016" && $0.place.line == 2 })
        #expect(audit(pod + "}").unreadable.map(\.place.file) == ["a/settings.json"])
        #expect(audit("{\"services\": {\"a\": {\"image\": }").unreadable.count == 1)
    }

    @Test("A large file is a manifest if it has a manifest's keys with their kinds of values")
    func large() {
        let blanks = String(repeating: " ", count: 1 << 20)
        let pod = "{\"apiVersion\" :\n\"v1\", \"kind\": \"Pod\", \"spec\": {\"hostPID\": true, \"containers\": []}}"
        #expect(audit(blanks + pod).findings.contains { $0.rule == "BKL-D016" })
        let words = (0..<60_000).map { "\"word\($0)\": \($0)" }.joined(separator: ",")
        let vocabulary = audit("{\"apiVersion\": 1, \"services\": 2, \(words), \(words)}")
        #expect(vocabulary.findings.isEmpty && vocabulary.unreadable.isEmpty)
    }
}
