// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

/// What lies behind a bound is said, never passed as clean, and costs no time.
@Suite("Bounds of inspections")
struct InspectBoundsTests {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    private static func errors(_ files: [String: [UInt8]], _ profile: AuditProfile = .triton) -> Set<String> {
        let files = files.merging(["r/m/config.pbtxt": Array("name: \"m\"\n".utf8)]) { first, _ in first }
        let findings = Audit(profile: profile).run(MemoryTree(files)).findings
        return Set(findings.filter { $0.severity == .error }.map(\.rule))
    }

    @Test("HDF5 is searched to its end or refused, and then at once")
    func hdf5() {
        var limits = InspectionLimits()
        limits.scannedBytes = 1 << 20
        let bytes = Self.signature + [UInt8](repeating: 0, count: (1 << 20) - 8)
        #expect(inspect(bytes, "w.h5", limits).problems.isEmpty)
        #expect(inspect(bytes + [0], "w.h5", limits).has(.modelSize))
        let huge = SparseBytes(head: Self.signature, count: 100 << 30)
        #expect(ModelFileInspector.inspect(huge, name: "w.h5").has(.modelSize))
        #expect(huge.bytesRead < 4 << 20)
        let lambda = Array("{\"class_name\": \"Lambda\"}".utf8)
        #expect(inspect(bytes.dropLast(100) + lambda, "w.h5", limits).has(.kerasCode))
    }

    @Test("HDF5 may begin behind a block of any power of two", arguments: [512, 65_536, 131_072, 8 << 20])
    func userBlock(_ size: Int) {
        let block = [UInt8](repeating: UInt8(ascii: "a"), count: size)
        let model = Self.signature + Array("{\"class_name\": \"Lambda\"}".utf8)
        #expect(inspect(block + model, "notes.txt").has(.kerasCode))
    }

    @Test("Settings and templates of more than is searched are refused", arguments: ["yaml", "conf", "env", "jinja"])
    func settings(_ name: String) {
        let comment = [UInt8](repeating: UInt8(ascii: "#"), count: (4 << 20) - 1) + [0x0A]
        let text = Array("trust_remote_code: true\n".utf8)
        #expect(Self.errors(["r/m/settings.\(name)": comment + text]).contains("BKL-M009"))
        #expect(!Self.errors(["r/m/settings.\(name)": comment]).contains("BKL-M009"))
        #expect(!Self.errors(["r/m/vocabulary.txt": comment + text]).contains("BKL-M009"))
    }

    /// A tree whose files are all one and the same.
    private struct Links: AuditTree {
        let source: Counted
        let names: [String]

        func entries() -> (entries: [AuditEntry], unreadable: [Unreadable]) {
            (names.map { AuditEntry(path: $0, kind: .file, size: source.count) }, [])
        }

        func open(_ path: String) throws(Unreadable) -> any ByteSource { source }
    }

    private final class Counted: ByteSource, @unchecked Sendable {
        private let bytes: MemoryBytes
        // SAFETY: one test reads it, on one thread.
        private(set) var bytesRead = 0

        init(_ bytes: [UInt8]) { self.bytes = MemoryBytes(bytes) }

        var count: Int { bytes.count }
        var identity: FileIdentity? { FileIdentity(device: 1, inode: 2) }

        func read(at offset: Int, count: Int) throws(Unreadable) -> [UInt8] {
            let part = bytes.read(at: offset, count: count)
            bytesRead += part.count
            return part
        }
    }

    @Test("A file is inspected once, however many names lead to it")
    func links() {
        let members = (0..<20_000).map { "\"\($0)\":1" }.joined(separator: ",")
        let json = Array("{\(members),\"auto_map\":{}}".utf8)
        func run(_ names: [String]) -> (found: [Finding], read: Int) {
            let source = Counted(json)
            let model = AuditedModel(name: "m", path: "m", config: nil)
            return (Audit().run(Links(source: source, names: names), model: model).findings, source.bytesRead)
        }
        let one = run(["m/1/a.json"])
        let many = run((0..<300).map { "m/1/a\($0).json" })
        #expect(many.read == one.read)
        #expect(Set(many.found.filter { $0.rule == "BKL-M015" }.map(\.place.file)).count == 300)
        let kinds = run((0..<300).map { "m/1/a.x\($0)" })
        #expect(kinds.read <= 10 * one.read)
        #expect(kinds.found.contains { $0.rule == "BKL-M009" && $0.severity == .error })
    }

    @Test("Directories nested beyond the bound are told, and none beneath is looked at")
    func depth() throws {
        let directory = FileManager.default.temporaryDirectory.path + "/buckler-depth-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var limits = AuditLimits()
        limits.directoryDepth = 4
        func unreadable(levels: Int) throws -> [Unreadable] {
            let path = directory + "/\(levels)" + String(repeating: "/d", count: levels)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try "x".write(toFile: path + "/a.txt", atomically: false, encoding: .utf8)
            var tree = DiskTree(limits: limits)
            try tree.add(path: directory + "/\(levels)")
            return tree.entries().unreadable
        }
        #expect(try unreadable(levels: 4).isEmpty)
        let problems = try unreadable(levels: 6)
        #expect(problems.count == 1)
        #expect(problems.first?.message.contains("more than 4 directories deep") == true)
    }
}
