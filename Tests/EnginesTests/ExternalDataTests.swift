// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct ExternalDataTests {
    @Test(arguments: ["external/flat.onnx", "external/model.onnx"])
    func readsWeightsBesideTheModel(path: String) throws {
        let model = try TestEngine.onnx(TestEngine.source(path))
        let zeros = makeRequest([fp32("INPUT0", [1, 256], [Float](repeating: 0, count: 256))])
        #expect(try model.instance.run([zeros]).outputs()[0].bytes.elements(Float.self) == (0..<256).map { Float($0) })
    }

    @Test(arguments: [
        ("parent", "the external data of tensor 'w' must name a file beneath the model's own directory"),
        ("absolute", "the external data of tensor 'w' must name a file beneath the model's own directory"),
        ("inner_parent", "the external data of tensor 'w' must name a file beneath the model's own directory"),
        ("address", "the external data of tensor 'w' must name a file beneath the model's own directory"),
        ("past_end", "the external data of tensor 'w' ends past its file"),
        ("short_length", "the external data of tensor 'w' states a length other than its 1024 bytes"),
        ("negative_offset", "the external data of tensor 'w' has an invalid offset"),
        ("missing", "the file with the external data of tensor 'w' is missing"),
        ("twice", "the external data of tensor 'w' states 'location' twice"),
        ("node", "external data is supported for initializers of the main graph only, not for tensor 'c'"),
    ])
    func refuses(attack: String, message: String) throws {
        let error = #expect(throws: ServingError.self) {
            try TestEngine.onnx(TestEngine.source("external/attack_\(attack).onnx"))
        }
        #expect(error?.message == message)
    }

    /// As if the scan had missed the model's reference to a file that lies where the server was started.
    @Test func theEngineItselfFindsNoFiles() async {
        await #expect(processExitsWith: .success) {
            #expect(chdir(TestModelFiles.root + "/external") == 0 && access("data/w.bin", F_OK) == 0)
            let source = TestEngine.source("external/flat.onnx")
            let whole = try ModelContent.read(source.files, path: source.path)
            let settings = try SessionSettings(source, cores: 1)
            func open(_ content: ModelContent) throws -> ONNXRuntimeSession {
                try ONNXRuntimeSession(
                    content,
                    library: TestEngine.library(),
                    settings: settings,
                    modelName: "m",
                    memoryLimit: nil
                )
            }
            _ = try open(whole)
            let error = #expect(throws: ServingError.self) {
                try open(ModelContent(model: whole.model, externalFiles: []))
            }
            if error == nil { exit(1) }
        }
    }

    @Test(arguments: [
        ("a", true), ("a/b.bin", true), ("..", false), ("a/..", false), ("./a", false), ("a//b", false), ("", false),
        ("/a", false), ("a\\b", false), ("a\0b", false), ("*/_ORT_MEM_ADDR_/*", false), ("C:a", false), ("a/", false),
        ("..a", true),
    ])
    func namesBeneathTheDirectory(location: String, expected: Bool) {
        #expect(ExternalTensorReading.isBeneath(location) == expected)
    }

    /// A graph in an attribute of a node of a graph, and so on.
    @Test(arguments: [(20, true), (22, false)])
    func boundsTheDepthOfGraphs(levels: Int, passes: Bool) {
        func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
            var length: [UInt8] = []
            var rest = content.count
            repeat {
                length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
                rest >>= 7
            } while rest > 0
            return [UInt8(number << 3 | 2)] + length + content
        }
        var graph: [UInt8] = []
        for _ in 0..<levels { graph = field(1, field(5, field(6, graph))) }
        let model = TensorBytes(field(7, graph))
        do {
            #expect(try ExternalTensorScan.tensors(in: model).isEmpty)
            #expect(passes)
        } catch {
            #expect(!passes)
        }
    }

    @Test(arguments: [
        [0x3A, 0x05, 1], [0xFF], [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x0B],
    ])
    func refusesWhatIsNoProtobuf(bytes: [UInt8]) {
        let error = #expect(throws: ServingError.self) { try ExternalTensorScan.tensors(in: TensorBytes(bytes)) }
        #expect(error?.message == "the model file is not a valid ONNX protobuf message")
    }

    /// The engine's other file format has no external data that the scan would see.
    @Test func refusesTheEnginesOwnFormat() throws {
        let bytes: [UInt8] = [8, 0, 0, 0] + Array("ORTM".utf8) + [UInt8](repeating: 0, count: 64)
        let files = MemoryFiles(contents: ["1/model.onnx": bytes])
        #expect(throws: ServingError.self) { try TestEngine.onnx(TestEngine.source("1/model.onnx", files: files)) }
    }
}
