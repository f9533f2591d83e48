// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Model files in their directories")
struct InspectTreeTests {
    /// Files with entries as a test wants them.
    private struct Tree: AuditTree {
        var files: [String: [UInt8]]
        var special: [AuditEntry] = []

        func entries() -> (entries: [AuditEntry], unreadable: [Unreadable]) {
            let replaced = Set(special.map(\.path))
            return (MemoryTree(files).entries().entries.filter { !replaced.contains($0.path) } + special, [])
        }

        func open(_ path: String) throws(Unreadable) -> any ByteSource { try MemoryTree(files).open(path) }
    }

    private static let config = ["r/m/config.pbtxt": Array("name: \"m\"\n".utf8)]
    private static let data: [UInt8] = [0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE]

    private func rules(_ files: [String: [UInt8]], special: [AuditEntry] = []) -> [String] {
        let tree = Tree(files: files.merging(Self.config) { first, _ in first }, special: special)
        return Audit().run(tree).findings.map { "\($0.rule) \($0.message)" }
    }

    private func external(_ location: String) -> [UInt8] {
        ONNX.model(initializers: [ONNX.tensor([2], ONNX.external([("location", location)]))])
    }

    @Test("External data in a regular file is found, and may be of any content")
    func present() {
        #expect(rules(["r/m/1/model.onnx": external("d/w.bin"), "r/m/1/d/w.bin": Self.data]).isEmpty)
    }

    @Test("External data behind a link, with two names, absent or short")
    func unsafe() {
        let model = external("d/w.bin")
        let files = ["r/m/1/model.onnx": model, "r/m/1/d/w.bin": Self.data]
        func says(_ text: String, _ special: AuditEntry) -> Bool {
            rules(files, special: [special]).contains { $0.hasPrefix("BKL-M007") && $0.contains(text) }
        }
        #expect(says("is a link", AuditEntry(path: "r/m/1/d/w.bin", kind: .link(to: "/etc/passwd", .outsideRoot))))
        #expect(says("behind the link", AuditEntry(path: "r/m/1/d", kind: .link(to: "/etc", .outsideRoot))))
        #expect(says("has 2 names", AuditEntry(path: "r/m/1/d/w.bin", kind: .file, size: 8, linkCount: 2)))
        #expect(says("reach up to 8", AuditEntry(path: "r/m/1/d/w.bin", kind: .file, size: 7)))
        #expect(rules(["r/m/1/model.onnx": model]).contains { $0.contains("is not there") })
    }

    @Test("A pickle is one even where a model says that it is tensors")
    func disguised() {
        let pickle = Pickled.call("os", "system", "id")
        #expect(
            rules(["r/m/1/model.onnx": external("w.bin"), "r/m/1/w.bin": pickle]).contains { $0.hasPrefix("BKL-M001") }
        )
    }

    @Test("Unknown content is a problem in a version's directory only")
    func unknown() {
        #expect(rules(["r/m/1/x.bin": Self.data]).contains { $0.hasPrefix("BKL-M018") })
        #expect(rules(["r/m/x.bin": Self.data]).isEmpty)
        #expect(rules(["assets/x.bin": Self.data]).isEmpty)
        // Without config.pbtxt, a model in a directory of digits is a model all the same.
        #expect(
            rules(["other/1/model.onnx": ONNX.model(), "other/1/x.bin": Self.data]).contains {
                $0.hasPrefix("BKL-M018")
            }
        )
    }

    @Test("A script matters where a Python model can start it")
    func script() {
        func severity(_ files: [String: [UInt8]]) -> Severity? {
            Audit().run(Tree(files: files.merging(Self.config) { first, _ in first })).findings.first {
                $0.rule == "BKL-M004"
            }?.severity
        }
        let script = Array("#!/bin/sh\nid\n".utf8)
        #expect(severity(["r/m/1/run": script, "r/m/1/model.py": []]) == .warning)
        #expect(severity(["r/m/1/bin/run": script, "r/m/1/model.py": []]) == .warning)
        #expect(severity(["r/m/1/run": script, "r/m/1/model.onnx": ONNX.model()]) == .note)
        #expect(severity(["bin/run": script]) == nil)
    }

    @Test("A SavedModel's own weights are no unknown content")
    func savedModel() {
        let node = Wire.field(1, "n") + Wire.field(2, "MatMul")
        let saved = Wire.field(1, 1) + Wire.field(2, Wire.field(2, Wire.field(1, node)))
        let directory = "r/m/1/model.savedmodel"
        #expect(
            rules([
                "\(directory)/saved_model.pb": saved, "\(directory)/variables/variables.index": Self.data,
                "\(directory)/variables/variables.data-00000-of-00001": Self.data,
                "\(directory)/fingerprint.pb": [0x08, 0xFF, 0xFE, 1],
            ]).isEmpty
        )
    }

    @Test("A large JSON of a model is no configuration that has to be small")
    func tokenizer() {
        let entries = (0..<120_000).map { "\"t\($0)\": \($0)" }.joined(separator: ",")
        let tree = Tree(
            files: ["r/m/1/tokenizer.json": Array("{\(entries)}".utf8)].merging(Self.config) { first, _ in first }
        )
        let result = Audit().run(tree)
        #expect(result.findings.isEmpty)
        #expect(result.unreadable.isEmpty)
    }

    @Test("tar: members are looked into; links and steps up are told")
    func tar() {
        func member(_ name: String, _ content: [UInt8], kind: UInt8 = 0x30) -> [UInt8] {
            var header = [UInt8](repeating: 0, count: 512)
            header.replaceSubrange(0..<name.utf8.count, with: Array(name.utf8))
            let size = String(content.count, radix: 8)
            header.replaceSubrange(124..<135, with: Array((String(repeating: "0", count: 11 - size.count) + size).utf8))
            header[156] = kind
            let sum = String(header.reduce(8 * 0x20) { $0 + Int($1) }, radix: 8)
            header.replaceSubrange(148..<154, with: Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8))
            return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        }
        let pickle = Pickled.call("os", "system", "id")
        #expect(inspect(member("x", pickle)).says("os.system"))
        #expect(inspect(member("../x", [1])).says("outside its directory"))
        #expect(inspect(member("x", [], kind: 0x32)).says("is a link"))
        let torch = member("pickle", pickle) + member("storages", [1]) + member("tensors", [2])
        #expect(inspect(torch).format == .torchLegacyTar)
        #expect(inspect(member("x", pickle).dropLast(500)).has(.malformed))
    }

    @Test("TensorFlow Lite: operators are told by name")
    func tflite() {
        func model(_ name: String) -> [UInt8] {
            // The root, the mark, then tables: each begins with the distance back to its layout.
            let string = ZipWriter.little(name.utf8.count, 4) + Array(name.utf8) + [0]
            let head = ZipWriter.little(20, 4) + Array("TFL3".utf8)
            let layout: [UInt8] = [8, 0, 8, 0, 0, 0, 4, 0] + [0, 0, 0, 0]
            // At 20: the model, whose second field, at 24, leads to the vector at 28.
            let root = ZipWriter.little(12, 4) + ZipWriter.little(4, 4)
            // At 28: one table, which begins at 48; its layout is at 36.
            let vector = ZipWriter.little(1, 4) + ZipWriter.little(16, 4)
            let table = ZipWriter.little(12, 4) + ZipWriter.little(4, 4)
            return head + layout + root + vector + layout + table + string
        }
        #expect(inspect(model("FlexReadFile"), "m.tflite").has(.fileOperation))
        #expect(inspect(model("Somebodys"), "m.tflite").has(.customDomain))
        #expect(inspect(model("TFLite_Detection_PostProcess"), "m.tflite").problems.isEmpty)
        #expect(inspect(Array(model("FlexReadFile").prefix(30)), "m.tflite").has(.malformed))
    }

    @Test("Functions that call many others are counted once each")
    func wideFunctions() {
        let names = (0..<20_000).map { "f\($0)" }
        let inner = names.flatMap { Wire.field(25, Wire.field(1, $0) + Wire.field(10, "my")) }
        let outer = Wire.field(
            25,
            Wire.field(1, "all") + names.flatMap { Wire.field(7, ONNX.node($0, domain: "my")) } + Wire.field(10, "my")
        )
        #expect(
            inspect(ONNX.model(nodes: [ONNX.node("all", domain: "my")], model: inner + outer), "m.onnx").problems
                .isEmpty
        )
    }

    @Test("A deep stack costs no copy of itself for each tuple")
    func deepStack() {
        let deep = [UInt8](repeating: 0x4E, count: 130_000)
        let tuples = [[UInt8]](repeating: [0x28, 0x4E, 0x74, 0x30], count: 100_000).flatMap { $0 }
        let clock = ContinuousClock()
        let duration = clock.measure { #expect(inspect([0x80, 2] + deep + tuples + [0x2E], "a.pkl").has(.pickle)) }
        // Copies would come to more than 300 GB.
        #expect(duration < .seconds(20))
    }
}
