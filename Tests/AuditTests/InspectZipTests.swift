// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Zips")
struct InspectZipTests {
    private static let pickle = Pickled.call("os", "system", "id")

    @Test(
        "What a zip is used for is told by its members, and a pickle in it is refused",
        arguments: [
            (["archive/data.pkl", "archive/version"], FileFormat.torchArchive),
            (["m/data.pkl", "m/constants.pkl", "m/code/__torch__.py"], .torchScript), (["some.pkl"], .zip),
        ]
    )
    func carriers(names: [String], format: FileFormat) {
        let inspection = inspect(ZipWriter(names.map { ($0, Self.pickle) }).bytes, "model.pt")
        #expect(inspection.format == format)
        #expect(inspection.says("os.system"))
        #expect(inspection.problems.contains { $0.kind == .pickle && $0.member == names[0] })
    }

    @Test("A PyTorch archive is refused even if its pickle cannot be followed")
    func emptyCarrier() {
        #expect(inspect(ZipWriter([("a/data.pkl", [0xFF])]).bytes, "model.pt").has(.pickle))
    }

    @Test("Arrays in a zip are fine, other things in one are not")
    func npz() {
        #expect(
            inspect(ZipWriter([("a.npy", NumPy.floats(3)), ("b.npy", NumPy.floats(1))]).bytes, "x.npz").problems.isEmpty
        )
        #expect(inspect(ZipWriter([("a.npy", NumPy.floats(3)), ("b.npy", Self.pickle)]).bytes, "x.npz").has(.pickle))
        #expect(inspect(ZipWriter([("a.npy", [1, 2, 3])]).bytes, "x.npz").has(.malformed))
    }

    @Test("Ways past scanners: each is told, and the pickle is found all the same", arguments: bypasses)
    func bypass(_ bypass: (name: String, zip: ZipWriter, says: String)) {
        let inspection = inspect(bypass.zip.bytes, "model.pt")
        #expect(inspection.says(bypass.says), "\(bypass.name): \(inspection.problems)")
        #expect(inspection.has(.pickle), "\(bypass.name)")
    }

    static let bypasses: [(name: String, zip: ZipWriter, says: String)] = {
        func zip(_ change: (inout ZipWriter) -> Void) -> ZipWriter {
            var zip = ZipWriter([("archive/data.pkl", pickle)])
            change(&zip)
            return zip
        }
        return [
            (
                "another name in the local header", zip { $0.members[0].localName = "archive/data.txt" },
                "in another place"
            ),
            ("flags that say encrypted", zip { $0.members[0].flags = 1 }, "marked as encrypted"),
            ("flags in the local header only", zip { $0.members[0].localFlags = 0x20 }, "about the flags"),
            ("flags of strong encryption", zip { $0.members[0].flags = 0x40 }, "marked as encrypted"),
            ("a wrong checksum", zip { $0.members[0].checksum = 1 }, "checksum"),
            ("another size in the local header", zip { $0.members[0].localSize = 3 }, "about the size"),
            (
                "a broken member before it",
                zip { $0.members.insert(.init(name: "archive/broken", content: [1], checksum: 2), at: 0) }, "checksum"
            ),
            ("something before it", zip { $0.prefix = [1, 2, 3] }, "before it"),
            ("something hidden between", zip { $0.hidden = pickle }, "hides"),
            ("an unknown packing", zip { $0.members.append(.init(name: "x", content: [1], method: 14)) }, "method 14"),
            ("two members of one name", zip { $0.members.append($0.members[0]) }, "two members"),
        ]
    }()

    @Test(
        "Members that leave the directory, or are links",
        arguments: [
            "../evil", "/etc/cron.d/evil", "a/../../evil", "a\\..\\evil", "C:evil", "a\u{0}b",
        ]
    )
    func paths(_ name: String) {
        #expect(inspect(ZipWriter([(name, [1])]).bytes).says("outside its directory"))
        var zip = ZipWriter([("link", Array("/etc/passwd".utf8))])
        zip.members[0].mode = 0o120777
        #expect(inspect(zip.bytes).says("is a link"))
    }

    @Test(
        "Whatever it begins with, a file may be a zip as well",
        arguments: [
            ("an array", NumPy.floats(2)),
            ("an ELF file", [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 0, count: 60)),
            ("a model", ONNX.model()), ("text", Array("hello\n".utf8)),
        ]
    )
    func polyglot(what: String, bytes: [UInt8]) {
        var zip = ZipWriter([("data.pkl", Self.pickle)])
        zip.prefix = bytes
        let inspection = inspect(zip.bytes, "a")
        #expect(inspection.has(.polyglot), "\(what)")
        #expect(inspection.has(.pickle), "\(what)")
    }

    @Test("Zips within zips are looked into, but not without end")
    func nested() {
        var bytes = Self.pickle
        for level in 0..<3 { bytes = ZipWriter([("level\(level)", bytes)]).bytes }
        #expect(inspect(bytes).says("os.system"))
        for level in 3..<12 { bytes = ZipWriter([("level\(level)", bytes)]).bytes }
        #expect(inspect(bytes).says("within too many others"))
    }

    @Test("A directory that claims what is not there is malformed", arguments: [0, 8, 10, 12, 16])
    func damaged(at offset: Int) {
        var bytes = ZipWriter([("a", [1, 2, 3])]).bytes
        let end = bytes.count - 22
        guard offset > 0 else {
            #expect(inspect(Array(bytes[..<end])).has(.malformed))
            return
        }
        bytes[end + offset] ^= 0x7F
        #expect(!inspect(bytes).kinds.isDisjoint(with: [.malformed, .polyglot]))
    }

    @Test("The member limit holds at the limit, and one beyond is told")
    func memberLimit() {
        var limits = InspectionLimits()
        limits.members = 3
        let files = (0..<4).map { ("f\($0).npy", NumPy.floats(1)) }
        #expect(inspect(ZipWriter(Array(files.prefix(3))).bytes, "a.npz", limits).problems.isEmpty)
        #expect(inspect(ZipWriter(files).bytes, "a.npz", limits).says("more than 3"))
    }

    @Test("Deflated members are unpacked, and one that unpacks to another size is told")
    func deflated() {
        // One stored block of deflate: the final bit, the length and its complement.
        let length = ZipWriter.little(Self.pickle.count, 2)
        let packed = [1] + length + length.map { ~$0 } + Self.pickle
        var zip = ZipWriter([("data.pkl", Self.pickle)])
        zip.members[0].method = 8
        zip.members[0].packed = packed
        #expect(inspect(zip.bytes).says("os.system"))
        zip.members[0].packed = packed.dropLast(4)
        #expect(inspect(zip.bytes).has(.malformed))
    }

    @Test("A Keras archive is looked into by its configuration")
    func keras() {
        func archive(_ config: String) -> Inspection {
            inspect(
                ZipWriter([("config.json", Array(config.utf8)), ("metadata.json", Array("{}".utf8))]).bytes,
                "m.keras"
            )
        }
        #expect(archive(#"{"module":"keras.layers","class_name":"Dense","config":{}}"#).problems.isEmpty)
        #expect(archive(#"{"module":"keras.layers","class_name":"Lambda","config":{}}"#).has(.kerasCode))
        #expect(archive(#"{"module":"subprocess","class_name":"Popen","config":{}}"#).has(.kerasCode))
        #expect(archive(#"{"module":"keras","class_name":"L\u0061mbda","config":{}}"#).has(.kerasCode))
        #expect(archive("{").has(.malformed))
    }

    @Test(
        "The end of a zip behind a text is told whatever is wrong with it",
        arguments: [(8, 0), (8, 9), (10, 0), (10, 9), (4, 1), (6, 1), (16, 1), (20, 50), (20, 255)]
    )
    func brokenEnds(field: Int, value: UInt8) {
        let zip = ZipWriter([("a.txt", [1]), ("b.py", Array("print(1)".utf8))]).bytes
        var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 5_000_000) + zip
        bytes[bytes.count - 22 + field] = value
        let inspection = inspect(bytes, "notes.txt")
        #expect(inspection.format == .text)
        #expect(inspection.says("the end of a zip behind it"), "\(inspection.problems)")
        let files = ["m/config.pbtxt": Array("name: \"m\"\n".utf8), "m/1/notes.txt": bytes]
        let found = Audit(profile: .triton).run(MemoryTree(files)).findings
        #expect(found.contains { $0.rule == "BKL-M005" && $0.severity == .error })
    }

    @Test("An empty end behind a zip's own does not hide it, and a mark alone is none")
    func twoEnds() {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 100)
        let empty: [UInt8] = [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18)
        let zip = ZipWriter([("a.pkl", Self.pickle)]).bytes
        #expect(inspect(text + zip + empty, "notes.txt").says("os.system"))
        #expect(inspect(text + empty, "notes").kinds == [.unknownContent])
        let mark: [UInt8] = [0x50, 0x4B, 5, 6] + [UInt8](repeating: 7, count: 40)
        #expect(inspect(text + mark, "notes").kinds == [.unknownContent])
    }

    @Test("Members that share bytes are looked into once")
    func overlap() throws {
        let pickle = Array(repeating: Array("N0".utf8), count: 500_000).flatMap { $0 } + Self.pickle
        let bytes = ZipWriter([("a/data.pkl", pickle)]).bytes
        // The directory, which is the last but the end record, names its member 300 times.
        let entry = Array(bytes[(bytes.count - 22 - 56)..<(bytes.count - 22)])
        try #require(entry.starts(with: [0x50, 0x4B, 1, 2]))
        let directory = Array(repeating: entry, count: 300).flatMap { $0 }
        let count = ZipWriter.little(300, 2)
        let end =
            [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + ZipWriter.little(directory.count, 4)
            + ZipWriter.little(bytes.count - 22 - 56, 4) + [0, 0]
        let source = CountedBytes(bytes.dropLast(22 + 56) + directory + end)
        let inspection = ModelFileInspector.inspect(source, name: "model.pt")
        #expect(inspection.says("members that share bytes"))
        #expect(inspection.pickles.count == 1)
        // Each member anew would come to more than 300 MB.
        #expect(source.bytesRead < 16 << 20)
    }

    @Test("The instructions of all members together are bounded")
    func operations() {
        var limits = InspectionLimits()
        limits.pickleOperations = 5000
        let pickle = Array(repeating: Array("N0".utf8), count: 1000).flatMap { $0 } + Array("N.".utf8)
        let files = (0..<4).map { ("\($0).txt", pickle) }
        #expect(inspect(ZipWriter(Array(files.prefix(2))).bytes, "a.zip", limits).says("instructions") == false)
        #expect(inspect(ZipWriter(files).bytes, "a.zip", limits).says("more than 5000 instructions"))
    }
}

/// Counts what is read of it.
private final class CountedBytes: ByteSource, @unchecked Sendable {
    private let bytes: MemoryBytes
    // SAFETY: one test reads it, on one thread.
    private(set) var bytesRead = 0

    init(_ bytes: some Sequence<UInt8>) { self.bytes = MemoryBytes(Array(bytes)) }

    var count: Int { bytes.count }

    func read(at offset: Int, count: Int) throws(Unreadable) -> [UInt8] {
        let part = bytes.read(at: offset, count: count)
        bytesRead += part.count
        return part
    }
}
