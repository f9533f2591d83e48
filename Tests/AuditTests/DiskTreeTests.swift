// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

@Suite("Trees on disks")
struct DiskTreeTests {
    private let directory: String

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/buckler-audit-\(UUID().uuidString)"
        try Self.write("name: \"m\"\nbackend: \"onnxruntime\"\n", to: directory + "/models/m/config.pbtxt")
    }

    private static func write(_ text: String, to path: String) throws {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    private func findings() throws -> Set<String> {
        var tree = DiskTree()
        try tree.add(path: directory + "/models")
        let result = Audit().run(tree)
        #expect(result.unreadable.isEmpty)
        return Set(result.findings.map(\.rule))
    }

    private func remove() { try? FileManager.default.removeItem(atPath: directory) }

    @Test("Links are told, and where they lead; nothing behind one that leaves is read")
    func links() throws {
        defer { remove() }
        #expect(try findings().isEmpty)
        try Self.write("y", to: directory + "/secret/config.pbtxt")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: directory + "/models/m/out", withDestinationPath: "../../secret")
        #expect(try findings() == ["BKL-R004"])
        try files.removeItem(atPath: directory + "/models/m/out")
        try files.createSymbolicLink(atPath: directory + "/models/m/self", withDestinationPath: ".")
        #expect(try findings() == ["BKL-R003"])
        try files.removeItem(atPath: directory + "/models/m/self")
        try files.createSymbolicLink(atPath: directory + "/models/m/none", withDestinationPath: "nothing")
        #expect(try findings() == ["BKL-R003"])
    }

    @Test("Hard links, open permissions, set-user-id and FIFOs are told")
    func kinds() throws {
        defer { remove() }
        let model = directory + "/models/m/1/model.bin"
        try Self.write("x", to: model)
        #expect(chmod(model, 0o644) == 0)
        #expect(try findings().isEmpty)
        #expect(chmod(model, 0o646) == 0)
        #expect(try findings() == ["BKL-R006"])
        #expect(chmod(model, 0o4755) == 0)
        #expect(try findings() == ["BKL-R006"])
        #expect(chmod(model, 0o644) == 0)
        #expect(link(model, directory + "/other") == 0)
        #expect(try findings() == ["BKL-R007"])
        #expect(unlink(directory + "/other") == 0)
        #expect(mkfifo(directory + "/models/m/1/pipe", 0o644) == 0)
        #expect(try findings() == ["BKL-R005"])
    }

    @Test("A model's files are its own wherever the path that was given begins")
    func absolute() throws {
        defer { remove() }
        try Self.write("\u{7F}ELF" + String(repeating: "\0", count: 64), to: directory + "/models/m/1/native.so")
        #expect(directory.hasPrefix("/"))
        var tree = DiskTree()
        try tree.add(path: directory + "/models")
        let found = Audit().run(tree).findings.filter { $0.rule == "BKL-M002" }
        #expect(found.map(\.severity) == [.error])
    }

    @Test("What is usually left out is read within a model, as a load would read it")
    func withinModels() throws {
        defer { remove() }
        try Self.write("cos\nsystem\n(S'id'\ntR.", to: directory + "/models/.git/hook.pkl")
        #expect(try findings().isEmpty)
        try Self.write("cos\nsystem\n(S'id'\ntR.", to: directory + "/models/m/.git/hook.pkl")
        #expect(try findings().contains("BKL-M001"))
    }

    @Test("A version that is a link is judged as a version, whatever its directory is called")
    func linkedVersions() throws {
        defer { remove() }
        let files = FileManager.default
        try Self.write("\u{1}\u{2}\u{3}\u{4}", to: directory + "/models/m/data/model.bin")
        #expect(try !findings().contains("BKL-M018"))
        try files.createSymbolicLink(atPath: directory + "/models/m/1", withDestinationPath: "data")
        #expect(try findings().contains("BKL-M018"))
        let config =
            "name: \"m\"\nbackend: \"python\"\n"
            + "parameters { key: \"EXECUTION_ENV_PATH\" value: { string_value: \"data\" } }\n"
        try Self.write(config, to: directory + "/models/m/config.pbtxt")
        try Self.write("cos\nsystem\n(S'id'\ntR.", to: directory + "/models/m/data/weights.pkl")
        #expect(try findings().contains("BKL-M001"))
    }

    @Test("Slashes and dots more or less make no other path", arguments: ["%/models", "%//models/", "%/./models/."])
    func spellings(_ path: String) throws {
        defer { remove() }
        var tree = DiskTree()
        try tree.add(path: path.replacing("%", with: directory))
        #expect(tree.entries().entries.map(\.path).contains(directory + "/models/m/config.pbtxt"))
    }

    @Test("A single file can be audited, and one that is not there is told")
    func single() throws {
        defer { remove() }
        var tree = DiskTree()
        try tree.add(path: directory + "/models/m/config.pbtxt")
        #expect(tree.entries().entries.map(\.path) == [directory + "/models/m/config.pbtxt"])
        #expect(throws: Unreadable.self) { try tree.add(path: directory + "/nothing") }
    }

    @Test("What a link leads to is bounded, not the link")
    func longTarget() throws {
        defer { remove() }
        let rest = String(repeating: "# x\n", count: 1_100_000)
        try Self.write("services: {a: {image: b@c, privileged: true}}\n" + rest, to: directory + "/models/long.txt")
        let link = directory + "/models/compose.yaml"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "long.txt")
        var tree = DiskTree()
        try tree.add(path: directory + "/models")
        let unreadable = Audit().run(tree).unreadable
        #expect(unreadable.map(\.place.file) == [link])
    }

    @Test("What is neither a file nor a directory is told, not passed over")
    func special() throws {
        defer { remove() }
        #expect(mkfifo(directory + "/pipe", 0o600) == 0)
        var tree = DiskTree()
        #expect(throws: Unreadable.self) { try tree.add(path: directory + "/pipe") }
        #expect(throws: Unreadable.self) { try tree.add(path: "/dev/null") }
    }

    @Test("What would be read but for being no file is told; other links that lead out are a note")
    func unread() throws {
        defer { remove() }
        let files = FileManager.default
        let project = directory + "/project"
        try Self.write("FROM a\n", to: directory + "/real/Dockerfile")
        try Self.write("services: {a: {image: b, privileged: true}}\n", to: project + "/texts/evil.txt")
        for (name, target) in [
            ("Dockerfile", "../real/Dockerfile"), ("compose.yaml", "texts/evil.txt"), ("a.py", "nothing.txt"),
            ("run.sh", "run.sh"), ("deploy", "../real"), ("hosts", "/etc/hosts"), ("notes", "nothing"),
        ] { try files.createSymbolicLink(atPath: project + "/" + name, withDestinationPath: target) }
        #expect(mkfifo(project + "/pod.yaml", 0o644) == 0)
        #expect(mkfifo(project + "/pipe", 0o644) == 0)
        var tree = DiskTree()
        try tree.add(path: project)
        let result = Audit().run(tree)
        let unreadable = result.unreadable.map { $0.place.file.dropFirst(project.count + 1) }
        #expect(unreadable.sorted() == ["Dockerfile", "a.py", "pod.yaml", "run.sh"])
        #expect(result.findings.contains { $0.rule == "BKL-D001" && $0.place.file.hasSuffix("/compose.yaml") })
        let links = result.findings.filter { $0.rule == "BKL-R004" }
        #expect(links.map { $0.place.file.dropFirst(project.count + 1) } == ["Dockerfile", "deploy", "hosts"])
        #expect(links.allSatisfy { $0.severity == .note })
        #expect { try tree.add(path: project + "/Dockerfile") } throws: {
            ($0 as? Unreadable)?.message.contains("the directory that is audited") == true
        }
    }

    @Test("A directory that cannot be read in whole is told, the rest is audited")
    func limit() throws {
        defer { remove() }
        for index in 0..<20 { try Self.write("x", to: directory + "/models/m/1/\(index)") }
        var limits = AuditLimits()
        limits.entries = 10
        var tree = DiskTree(limits: limits)
        try tree.add(path: directory + "/models")
        let (entries, unreadable) = tree.entries()
        #expect(entries.count <= 10)
        #expect(!unreadable.isEmpty)
    }
}
