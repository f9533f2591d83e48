// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

@Suite("Ways past the auditor that were found")
struct EvasionTests {
    private func rules(_ files: [String: [UInt8]]) -> Set<String> {
        Set(Audit().run(MemoryTree(files)).findings.map(\.rule))
    }

    @Test("A pickle that begins with a long line, or with very many instructions, is one")
    func longBeginnings() {
        let call = Array("0cos\nsystem\n(S'id'\ntR.".utf8)
        let long = [0x56] + [UInt8](repeating: 0x61, count: 200_000) + [0x0A] + call
        #expect(rules(["w.pkl": long]).contains("BKL-M001"))
        let endless = [0x56] + [UInt8](repeating: 0x61, count: 17 << 20)
        #expect(rules(["w.pkl": endless]).contains("BKL-M001"))
    }

    @Test("A name that is not UTF-8 is told: nothing of it is judged")
    func unnameable() throws {
        let directory = FileManager.default.temporaryDirectory.path + "/buckler-audit-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let descriptor = open(directory + "/w", O_CREAT | O_WRONLY, 0o600)
        #expect(descriptor >= 0)
        close(descriptor)
        let name: [CChar] = Array((directory + "/").utf8).map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xFF), 0]
        #expect(rename(directory + "/w", name) == 0)
        var tree = DiskTree()
        try tree.add(path: directory)
        #expect(Audit().run(tree).unreadable.map(\.message) == ["it has an entry whose name is not UTF-8"])
    }

    @Test("In a Triton repository a packed pickle is an error, or what may be one", arguments: [0, 1, 6])
    func packedPickle(layers: Int) {
        var content = layers == 0 ? Array("BZh91AY&SY".utf8) + [1, 2, 3] : Array("cos\nsystem\n(S'id'\ntR.".utf8)
        for _ in 0..<layers {
            let length = ZipWriter.little(content.count, 2)
            content =
                [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + length + length.map { ~$0 } + content
                + ZipWriter.little(ZipWriter.crc32(content), 4) + ZipWriter.little(content.count, 4)
        }
        let tree = MemoryTree([
            "m/config.pbtxt": Array("name: \"m\"\nbackend: \"python\"\n".utf8), "m/1/w.bin": content,
        ])
        let findings = Audit(profile: .triton).run(tree).findings
        #expect(findings.filter { $0.severity == .error }.map(\.rule) == [layers == 1 ? "BKL-M001" : "BKL-M020"])
    }

    @Test(
        "A host is what stands behind the user, and schemes have no case",
        arguments: [
            ("curl -k https://localhost:x@example.org/a", "BKL-D026"), ("curl -O HTTP://example.org/a", "BKL-D026"),
            ("curl -k https://$USER:$KEY@example.org/a", "BKL-D026"),
            ("pip install --index-url http://localhost:x@example.org/simple a==1", "BKL-D026"),
            ("dockerd -H tcp://localhost:x@10.0.0.1:2375", "BKL-D051"),
            ("buckler serve --jwt-key-set=HTTP://example.org/keys", "BKL-N012"),
        ]
    )
    func hosts(_ command: String, _ rule: String) {
        #expect(
            rules(["run.sh": Array((command + "\n").utf8)]).contains(rule),
            "\(rules(["run.sh": Array(command.utf8)]))"
        )
    }

    @Test(
        "Each word that declares variables of the shell sets them",
        arguments: ["declare -x", "export", "local", "readonly", "typeset -gx"]
    )
    func declarations(_ word: String) {
        let set = rules(["run.sh": Array("\(word) DOCKER_HOST=tcp://10.0.0.1:2375\n".utf8)])
        #expect(set.contains("BKL-D051"), "\(set)")
        let secret = rules(["run.sh": Array("\(word) API_KEY=Zk3vQ9mT1xLw\n".utf8)])
        #expect(secret.contains("BKL-D020"), "\(secret)")
        let both = rules(["run.sh": Array("\(word) LD_PRELOAD=/models/a.so\n".utf8)])
        #expect(both.contains("BKL-D067"), "\(both)")
    }

    @Test(
        "A program's option that takes a password is known by its letter",
        arguments: [
            ("openssl enc -aes-256-cbc -k Zk3vQ9mT1xLw -in a", true), ("sshpass -pZk3vQ9mT1xLw ssh host", true),
            ("redis-cli -a Zk3vQ9mT1xLw", true), ("mysql -pZk3vQ9mT1xLw db", true),
            ("docker login -u a -p Zk3vQ9mT1xLw r.example", true), ("openssl req -x509 -keyout1xLw9 a.pem", false),
            ("mysql -p Zk3vQ9mT1xLw", false), ("login -p Zk3vQ9mT1xLw", false),
        ]
    )
    func passwords(_ command: String, _ isOne: Bool) {
        #expect(rules(["run.sh": Array((command + "\n").utf8)]).contains("BKL-D020") == isOne)
    }

    @Test("Each of a repeated option counts")
    func repeated() {
        let scopes = "buckler serve --anonymous-scope=admin --anonymous-scope=statistics\n"
        let errors = Audit().run(MemoryTree(["run.sh": Array(scopes.utf8)])).findings.filter { $0.severity == .error }
        #expect(errors.map(\.rule) == ["BKL-N008"])
        let proxies = "buckler serve --trusted-proxy=0.0.0.0/1 --trusted-proxy=128.0.0.0/1\n"
        #expect(rules(["run.sh": Array(proxies.utf8)]).contains("BKL-N011"))
    }

    @Test("What there is no room to tell makes the audit incomplete, not clean")
    func overflow() {
        let services = (0...Findings.limitForEachRule).map { "  s\($0): {image: a@b, privileged: true}" }
        let text = "services:\n" + services.joined(separator: "\n") + "\n"
        let result = Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)]))
        #expect(result.unreadable.contains { $0.message.hasPrefix("BKL-D001 found 1 more") })
    }

    @Test("Messages repeat no password of an address")
    func passwords() {
        let text = "a==1 --index-url http://u:supersecret@h/simple\n--extra-index-url https://zebrazebra9@h/x\n"
        let result = Audit().run(MemoryTree(["requirements.txt": Array(text.utf8)]))
        #expect(!result.findings.isEmpty)
        let report = TextReport(AuditReport(result, profile: .secure, version: "1", today: "2026-01-01")).text
        #expect(!report.contains("supersecret") && !report.contains("zebrazebra9"))
    }
}
