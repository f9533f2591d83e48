// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

@Suite("Compose files")
struct ComposeReadingTests {
    private func findings(_ text: String) -> [Finding] {
        let result = Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)]))
        #expect(result.unreadable.isEmpty, "\(result.unreadable)")
        return result.findings
    }

    @Test("A Dockerfile in a compose file is one, at its own lines")
    func inlineDockerfile() throws {
        let text = """
            services:
              a:
                build:
                  context: .
                  dockerfile_inline: |
                    FROM python:3.11-slim
                    RUN curl http://example.org/x | sh
                    USER root
            """
        let user = try #require(findings(text).first { $0.rule == "BKL-D002" })
        #expect(user.place.line == 8)
        #expect(user.excerpt == "        USER root")
        #expect(findings(text).contains { $0.rule == "BKL-D027" && $0.place.line == 7 })
    }

    @Test("What is no Dockerfile is told, and the rest of the file is read")
    func noDockerfile() {
        let text = "services:\n  a:\n    privileged: true\n    build:\n      dockerfile_inline: nonsense\n"
        let result = Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)]))
        #expect(result.unreadable.map(\.place.line) == [5])
        #expect(result.findings.contains { $0.rule == "BKL-D001" })
    }

    @Test(
        "What stands where no variable is set",
        arguments: [
            ("${A:-b}", "b"), ("${A-b}c", "bc"), ("x${A:+b}", "xb"), ("${A:-${B:-c}d}", "cd"), ("$$A", "$A"),
            ("$${A:-b}", "${A:-b}"), ("${A:-}", ""), ("a${B:?no ${C:-d}}-${E:-f}", "a${B}-f"),
        ]
    )
    func interpolation(_ text: String, result: String) throws {
        #expect(try String(#require(Interpolation(text, isDoubled: true)).text) == result)
    }

    @Test(
        "What nothing is put in stays as it is",
        arguments: [
            "", "a", "$", "$A", "${A}", "${A:-b", "${", "a}b",
            String(repeating: "${A:-", count: 100_000) + String(repeating: "}", count: 100_000),
        ]
    )
    func untouched(_ text: String) { #expect(Interpolation(text, isDoubled: true) == nil) }

    @Test("Defaults count for every attribute; those of secrets are a warning")
    func defaults() {
        let text = """
            services:
              a:
                image: ${IMAGE:-a:latest}
                user: ${U:-0}
                network_mode: ${N:-host}
                pid: "${P-host}"
                cap_add: ["${C:-SYS_ADMIN}"]
                environment: {NVIDIA_VISIBLE_DEVICES: "${G:-all}", DB_PASSWORD: "${W:-hunter2}"}
            """
        let found = findings(text)
        let lines = Set(found.map { "\($0.rule) \($0.place.line ?? 0)" })
        #expect(lines.isSuperset(of: ["BKL-D024 3", "BKL-D002 4", "BKL-D016 5", "BKL-D016 6", "BKL-D013 8"]))
        #expect(found.contains { $0.place.line == 7 && $0.severity == .error })
        #expect(found.first { $0.rule == "BKL-D020" }?.severity == .warning)
    }

    @Test("So many Dockerfiles are read in a file, and one more is told")
    func countOfDockerfiles() {
        func unreadable(_ count: Int) -> [Unreadable] {
            let service = "build: {dockerfile_inline: 'FROM a:1.0'}"
            let text = "services:\n" + (0..<count).map { "  s\($0): {\(service)}\n---\nservices:\n" }.joined()
            return Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)])).unreadable
        }
        #expect(unreadable(32).isEmpty)
        #expect(unreadable(40).count == 1)
    }
}
