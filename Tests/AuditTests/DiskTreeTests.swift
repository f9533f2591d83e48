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
