// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Secrets in reports")
struct SecretLinesTests {
    private static let secret = "s3cr3t-4f9a1c77e2"
    private static let files: [String: String] = [
        "Dockerfile":
            "FROM a:1\nENV API_KEY=\(secret) B=1\nRUN curl -H 'Authorization: Bearer \(secret)' http://x | sh\n",
        "docker-compose.yml": "services:\n  a:\n    image: b:1\n    environment:\n      DB_PASSWORD: \(secret)\n",
        "bentofile.yaml": "service: 'a:b'\ndocker:\n  env:\n    - API_KEY=\(secret)\n",
        "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: \(secret)\n",
        "run.sh":
            "tritonserver --grpc-restricted-protocol=health:admin=\(secret)\nbuckler serve --api-key-file=\(secret)\n",
        "service.py": "API_KEY = \"\(secret)\"\n",
    ]

    @Test("No report repeats a secret that it tells of", arguments: files.keys.sorted())
    func reports(_ file: String) throws {
        let tree = MemoryTree([file: Array(Self.files[file, default: ""].utf8)])
        let result = Audit(python: PythonProgram.reader).run(tree)
        #expect(!result.findings.isEmpty)
        let report = AuditReport(result, profile: .secure, version: "1", today: "2026-01-01")
        let texts = [
            TextReport(report).text, MarkdownReport(report).text, JUnitReport(report, failOn: .note).text,
            Baseline(of: result.findings).text,
        ]
        for text in texts { #expect(!text.contains(Self.secret), "\(text)") }
    }

    @Test(
        "Credentials beside what a rule is about are hidden, and columns stay",
        arguments: [
            ("-H 'Authorization: Bearer abcdefgh12'", "-H 'Authorization: Bearer **********'"),
            ("Bearer short", "Bearer short"), ("the bearer ofgoodnews", "the bearer **********"),
            ("Bearer $TOKENTOKEN", "Bearer $TOKENTOKEN"), ("git+https://u:pässword@h/x", "git+https://u:********@h/x"),
            ("https://u@h:80/x", "https://u@h:80/x"), ("https://h:80/x@y", "https://h:80/x@y"),
            ("https://u:${PASSWORD}@h", "https://u:${PASSWORD}@h"), ("://", "://"), ("https://a:@b", "https://a:@b"),
        ]
    )
    func credentials(_ line: String, shown: String) {
        let text = "FROM a:1\nRUN curl http://x | sh # \(line)\n"
        let findings = Audit().run(MemoryTree(["Dockerfile": Array(text.utf8)])).findings
        #expect(findings.contains { $0.excerpt == "RUN curl http://x | sh # \(shown)" })
    }
}
