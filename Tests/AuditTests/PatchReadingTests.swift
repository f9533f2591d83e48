// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

@Suite("Patches in kustomizations")
struct PatchReadingTests {
    private func audit(_ patches: [String]) -> AuditResult {
        let text = "patches:\n" + patches.map { "- patch: \($0)\n" }.joined()
        return Audit().run(MemoryTree(["kustomization.yaml": Array(text.utf8)]))
    }

    private static let privileged = "'[{op: add, path: /spec/containers/0/securityContext/privileged, value: true}]'"

    @Test("So many are read, and one more is told")
    func count() {
        let other = Array(repeating: "'a: b'", count: 63)
        #expect(audit(other + [Self.privileged]).findings.contains { $0.rule == "BKL-D001" })
        #expect(audit(other + [Self.privileged]).unreadable.isEmpty)
        let more = audit(other + ["'a: b'", Self.privileged, Self.privileged])
        #expect(more.unreadable.map(\.place.line) == [66])
    }

    @Test(
        "What cannot be read is told, what names a file is not",
        arguments: [
            ("'a: [b'", true), ("a.yaml", false), ("'a: b'", false), ("'a: {{b}}'", false),
        ]
    )
    func unreadable(_ patch: String, isTold: Bool) { #expect(audit([patch]).unreadable.isEmpty != isTold) }

    @Test(
        "What a command is given in place of a patch is told with the reason",
        arguments: [
            ("a: [b", "the file is not YAML"),
            (String(repeating: "b", count: 64 << 10 + 1), "it has more than 65536 bytes"),
            (String(repeating: "[", count: 100) + String(repeating: "]", count: 100), "nests"),
            ("", nil), ("a: [b$C", nil),
        ]
    )
    func command(_ patch: String, _ reason: String?) {
        let result = Audit().run(MemoryTree(["run.sh": Array("kubectl patch pod a -p '\(patch)'\n".utf8)]))
        #expect(result.unreadable.count == (reason == nil ? 0 : 1), "\(result.unreadable)")
        guard let reason, let told = result.unreadable.first else { return }
        #expect(told.message.hasPrefix("what 'kubectl' is given cannot be read: ") && told.message.contains(reason))
    }

    @Test("So long a patch is read, and a longer one told")
    func length() {
        func text(_ count: Int) -> String { "'a: \(String(repeating: "b", count: count - 3))'" }
        #expect(audit([text(64 << 10)]).unreadable.isEmpty)
        #expect(audit([text(64 << 10 + 1)]).unreadable.count == 1)
    }

    @Test("Nothing is missing in a patch")
    func absences() {
        let result = audit([
            "'{spec: {template: {spec: {hostPID: true, containers: [{name: a, image: \"a:1\"}]}}}}'"
        ])
        #expect(result.findings.map(\.rule).contains("BKL-D016"))
        #expect(!result.findings.contains { ["BKL-D010", "BKL-D032", "BKL-D033", "BKL-D034"].contains($0.rule) })
    }

    @Test(
        "kubectl's own options hide no patch",
        arguments: [
            "-v 6 patch", "--request-timeout 5s patch", "--as-group a patch", "patch", "patch --type merge",
        ]
    )
    func kubectl(_ words: String) {
        let text = "kubectl \(words) deploy x -p '{\"spec\":{\"template\":{\"spec\":{\"hostPID\":true}}}}'\n"
        let result = Audit().run(MemoryTree(["a.sh": Array(text.utf8)]))
        #expect(result.findings.contains { $0.rule == "BKL-D016" })
    }

    @Test("Anchors make no more of a patch than its bytes", .timeLimit(.minutes(1)))
    func anchors() {
        let list = "[" + String(repeating: "1,", count: 90) + "1]"
        let patch = "a: &a \(list), b: [" + String(repeating: "*a,", count: 90) + "*a]"
        let line = "kubectl patch x -p '{\(patch)}'\n"
        let result = Audit().run(MemoryTree(["a.sh": Array(String(repeating: line, count: 100).utf8)]))
        #expect(result.unreadable.first?.message.contains("more than") == true)
    }
}
