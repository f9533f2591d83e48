import Inference
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Engines

/// Models that ask for as much memory as a request, or they themselves, say.
@Suite struct MemoryLimitTests {
    static let huge: [Int64] = [1 << 20, 1 << 20]

    @Test(arguments: ["bomb_fill.onnx", "bomb_expand.onnx", "bomb_inside.onnx"], [nil, 64 << 20])
    func oneErrorAndTheProcessLives(file: String, limit: Int?) throws {
        let model = try TestEngine.onnx(TestEngine.source(file, arenaLimit: limit), maxBatchSize: 0)
        let error = model.instance.run([makeRequest([int64("INPUT0", [2], Self.huge)])], batches: false).error()
        #expect(error?.code == .internalError)
        #expect(error?.reason == .backend)
        let small = model.instance.run([makeRequest([int64("INPUT0", [2], [2, 3])])], batches: false)
        #expect(try small.outputs().count == 1)
    }

    @Test func theLimitIsExact() throws {
        let limit = 4 << 20
        let source = TestEngine.source("bomb_fill.onnx", parameters: ["enable_mem_arena": "0"], arenaLimit: limit)
        let model = try TestEngine.onnx(source, maxBatchSize: 0)
        func run(_ bytes: Int64) -> ServingError? {
            model.instance.run([makeRequest([int64("INPUT0", [2], [1, bytes / 4])])], batches: false).error()
        }
        #expect(run(Int64(limit)) == nil)
        #expect(run(Int64(limit) + 4) != nil)
    }

    /// Answers that a client has not taken yet are the model's memory too.
    @Test func answersCountUntilTheyAreReleased() throws {
        let source = TestEngine.source("bomb_fill.onnx", arenaLimit: 10 << 20)
        let model = try TestEngine.onnx(source, maxBatchSize: 0)
        let inspected = try #require(model.model as? ONNXRuntimeModel)
        let request = makeRequest([int64("INPUT0", [2], [1, 1 << 20])])
        var held: [Answers] = []
        for _ in 0..<2 { held.append(model.instance.run([request], batches: false)) }
        #expect(held.allSatisfy { $0.error() == nil })
        #expect(inspected.bytesInUse >= 8 << 20)
        #expect(model.instance.run([request], batches: false).error() != nil)
        held = []
        #expect(inspected.bytesInUse == 0)
        #expect(model.instance.run([request], batches: false).error() == nil)
    }

    @Test(arguments: [(0, true), (1, false)])
    func outputsAreBounded(excess: Int64, passes: Bool) throws {
        let model = try TestEngine.onnx(TestEngine.source("bomb_fill.onnx", outputLimit: 4096), maxBatchSize: 0)
        let error = model.instance.run(
            [makeRequest([int64("INPUT0", [2], [1, 1024 + excess])])],
            batches: false
        ).error()
        #expect((error == nil) == passes)
        guard !passes else { return }
        #expect(
            error?.message
                == "the outputs of model 'm' exceed the server's limit of 4096 bytes (--max-output-byte-size)"
        )
        // Not the client's quota: it may ask as often as it likes, and the answer stays the same.
        #expect(error?.code == .internalError)
        #expect(error?.reason == .backend)
    }

    @Test func stringOutputsAreBounded() throws {
        let model = try TestEngine.onnx(TestEngine.source("identity_bytes.onnx", outputLimit: 8))
        for (length, passes) in [(4, true), (5, false)] {
            let bytes = TensorBytes(strings: [[UInt8](repeating: 65, count: length)])
            let input = InputTensor(name: "INPUT0", dataType: .bytes, shape: [1, 1], bytes: bytes)
            #expect((model.instance.run([makeRequest([input])]).error() == nil) == passes)
        }
    }

    @Test func theOtherRequestsOfTheBatchAreAnswered() throws {
        let model = try TestEngine.onnx(TestEngine.source("bomb_row.onnx", arenaLimit: 1 << 20))
        let answers = model.instance.run([
            makeRequest([int64("INPUT0", [1, 1], [3])]), makeRequest([int64("INPUT0", [1, 1], [1 << 40])]),
        ])
        #expect(try answers.outputs(0)[0].bytes.elements(Int64.self) == [3, 3, 3])
        #expect(answers.error(1)?.reason == .backend)
    }

    /// The engine folds constants while it opens a model.
    @Test func aBombInTheModelItselfIsAnErrorToo() throws {
        let source = TestEngine.source("bomb_constant.onnx", arenaLimit: 64 << 20)
        do {
            let model = try TestEngine.onnx(source)
            #expect(model.instance.run([makeRequest([fp32("INPUT0", [1, 1], [1])])]).error() != nil)
        } catch let error as ServingError {
            #expect(error.reason == .backend)
        }
    }

    @Test func threadsOfTheSessionAreChargedToo() throws {
        let source = TestEngine.source(
            "bomb_expand.onnx",
            parameters: ["execution_mode": "1", "inter_op_thread_count": "2", "intra_op_thread_count": "2"],
            arenaLimit: 1 << 20
        )
        let model = try TestEngine.onnx(source, maxBatchSize: 0)
        #expect(
            model.instance.run([makeRequest([int64("INPUT0", [2], [1024, 1024])])], batches: false).error() != nil
        )
    }
}
