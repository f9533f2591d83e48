// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import Engines

/// ONNX Runtime in a worker: the same answers and the same errors as in process, and what is new there.
@Suite struct HostedModelTests {
    private static func addsub(_ rows: Int, from first: Int) -> InferenceRequest {
        let values = (0..<(rows * 4)).map { Float($0 + first) }
        let shape: Shape = [Int64(rows), 4]
        return makeRequest([fp32("INPUT0", shape, values), fp32("INPUT1", shape, values)])
    }

    @Test func saysWhatTheEngineInProcessSays() throws {
        for file in ["addsub_fp32.onnx", "identity_bytes.onnx", "mlp.onnx", "scalar.onnx", "bomb_fill.onnx"] {
            let source = TestEngine.source(file)
            let hosted = try HostedEngine(library: try EngineStore().locate().libraryPath, log: WorkerLog { _, _ in })
            let inProcess = try ONNXRuntimeEngine(library: TestEngine.library()).open(source)
            #expect(try hosted.open(source).signature == inProcess.signature)
        }
    }

    @Test func answersAsInProcess() throws {
        let source = TestEngine.source("mlp.onnx")
        let request = makeRequest([fp32("INPUT0", [4, 16], (0..<64).map { Float($0) / 64 })])
        let hosted = try TestEngine.hosted(source).instance.run([request]).outputs()[0]
        let inProcess = try TestEngine.onnx(source).instance.run([request]).outputs()[0]
        #expect(hosted.bytes.array == inProcess.bytes.array)
        #expect(hosted.shape == inProcess.shape && hosted.name == inProcess.name)
    }

    /// Each batch larger than the last, so that answers outgrow the lease that they are given.
    @Test func batchesOfEverySize() throws {
        let model = try TestEngine.hosted(TestEngine.source("addsub_fp32.onnx"), maxBatchSize: 1 << 20)
        for rows in [1, 3, 1, 100, 5000, 1, 200_000] {
            let answers = model.instance.run([
                Self.addsub(rows, from: 1), Self.addsub(1, from: rows), Self.addsub(rows, from: 2),
            ])
            for (index, first) in [1, rows, 2].enumerated() {
                let outputs = try answers.outputs(index)
                let count = index == 1 ? 4 : rows * 4
                #expect(outputs[0].bytes.elements(Float.self) == (0..<count).map { Float($0 + first) * 2 })
                #expect(outputs[1].bytes.elements(Float.self) == [Float](repeating: 0, count: count))
            }
        }
    }

    /// More responses than one message holds.
    @Test func aBatchOfManyRequests() throws {
        let model = try TestEngine.hosted(TestEngine.source("addsub_fp32.onnx"), maxBatchSize: 4096)
        let answers = model.instance.run((0..<2000).map { Self.addsub(1, from: $0) })
        for index in 0..<2000 {
            #expect(try answers.outputs(index)[0].bytes.elements(Float.self)[0] == Float(index) * 2)
        }
    }

    @Test func failsOnlyTheRequestThatTheModelCannotTake() throws {
        let model = try TestEngine.hosted(TestEngine.source("addsub_fp32.onnx")) { configuration in
            for index in configuration.inputs.indices { configuration.inputs[index].shape = [-1] }
        }
        let bad = makeRequest([fp32("INPUT0", [1, 3], [1, 2, 3]), fp32("INPUT1", [1, 3], [0, 0, 0])])
        let answers = model.instance.run([Self.addsub(1, from: 1), bad])
        #expect(try answers.outputs(0)[0].bytes.elements(Float.self) == [2, 4, 6, 8])
        let error = try #require(answers.error(1))
        #expect(error.message.hasPrefix("onnx runtime error 2: ") && error.reason == .backend)
    }

    @Test func reshapesBothWays() throws {
        let model = try TestEngine.hosted(TestEngine.source("addsub_fp32.onnx")) { configuration in
            for index in configuration.inputs.indices {
                configuration.inputs[index].shape = [2, 2]
                configuration.inputs[index].engineShape = [4]
            }
            configuration.outputs[0].shape = [1, 4, 1]
            configuration.outputs[0].engineShape = [4]
        }
        let outputs = try model.instance.run([
            makeRequest([fp32("INPUT0", [1, 2, 2], [1, 2, 3, 4]), fp32("INPUT1", [1, 2, 2], [1, 1, 1, 1])])
        ]).outputs()
        #expect(outputs[0].shape == [1, 1, 4, 1] && outputs[1].shape == [1, 4])
    }

    @Test func errorsOfAConfigurationAreTheSame() throws {
        func message(_ open: (EngineModelSource, (inout EngineModelConfiguration) -> Void) throws -> OpenedModel)
            -> String?
        {
            let error = #expect(throws: ServingError.self) {
                try open(TestEngine.source("addsub_fp32.onnx")) { $0.inputs[0].dataType = .int8 }
            }
            return error?.message
        }
        let hosted = message { try TestEngine.hosted($0, adjust: $1) }
        #expect(hosted == message { try TestEngine.onnx($0, adjust: $1) })
        #expect(hosted?.hasPrefix("unable to load model 'm'") == true)
    }

    @Test(arguments: [
        "external/attack_parent.onnx", "external/attack_absolute.onnx", "external/attack_address.onnx",
        "external/attack_missing.onnx", "external/attack_past_end.onnx", "sequence.onnx", "none.onnx",
    ])
    func modelsThatCannotBeOpenedAreRefusedInTheSameWords(file: String) throws {
        let source = TestEngine.source(file)
        let hosted = #expect(throws: ServingError.self) { try TestEngine.hosted(source) }
        let inProcess = #expect(throws: ServingError.self) { try TestEngine.onnx(source) }
        #expect(hosted?.message == inProcess?.message)
    }

    @Test func garbageIsRefused() throws {
        var random = SplitMix64(seed: 3)
        for length in [1, 100, 10_000] {
            let garbage = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let files = MemoryFiles(contents: ["m.onnx": garbage])
            #expect(throws: ServingError.self) { try TestEngine.hosted(TestEngine.source("m.onnx", files: files)) }
        }
    }

    @Test(arguments: ["external/flat.onnx", "external/model.onnx"])
    func externalDataComesAlong(path: String) throws {
        let model = try TestEngine.hosted(TestEngine.source(path))
        let values = (0..<256).map { Float($0) }
        let output = try model.instance.run([makeRequest([fp32("INPUT0", [1, 256], values)])]).outputs()[0]
        #expect(output.bytes.elements(Float.self) == values.map { $0 * 2 })
    }

    /// What ends a process on x86-64 unless it is caught there too.
    @Test func theSmallestIntegerDividedByMinusOne() throws {
        let model = try TestEngine.hosted(TestEngine.source("divide_int64.onnx"))
        let inputs = [("INPUT0", [Int64.min, 9]), ("INPUT1", [-1, 2])].map {
            InputTensor(name: $0, dataType: .int64, shape: [1, 2], bytes: TensorBytes(of: $1))
        }
        let outputs = try model.instance.run([makeRequest(inputs)]).outputs()
        #expect(outputs[0].bytes.elements(Int64.self) == [.min, 4])
        #expect(outputs[1].bytes.elements(Int64.self) == [0, 1])
    }

    @Test(arguments: ["bomb_fill.onnx", "bomb_expand.onnx", "bomb_inside.onnx"])
    func aBombIsOneErrorAndTheWorkerLives(file: String) throws {
        let model = try TestEngine.hosted(TestEngine.source(file, arenaLimit: 64 << 20), maxBatchSize: 0)
        let error = model.instance.run(
            [makeRequest([int64("INPUT0", [2], MemoryLimitTests.huge)])],
            batches: false
        ).error()
        #expect(error?.code == .internalError && error?.message.contains("not healthy") == false)
        #expect(
            try model.instance.run([makeRequest([int64("INPUT0", [2], [2, 3])])], batches: false).outputs().count == 1
        )
    }

    @Test(arguments: [(0, true), (1, false)])
    func outputsAreBounded(excess: Int64, passes: Bool) throws {
        let model = try TestEngine.hosted(TestEngine.source("bomb_fill.onnx", outputLimit: 4096), maxBatchSize: 0)
        let request = makeRequest([int64("INPUT0", [2], [1, 1024 + excess])])
        let error = model.instance.run([request], batches: false).error()
        #expect((error == nil) == passes)
        #expect(
            passes
                || error?.message
                    == "the outputs of model 'm' exceed the server's limit of 4096 bytes (--max-output-byte-size)"
        )
        #expect(model.instance.run([makeRequest([int64("INPUT0", [2], [1, 1])])], batches: false).error() == nil)
    }

    /// A batch is one execution to the server, whatever the worker makes of it.
    @Test func outputsOfABatchAreBoundedTogether() throws {
        let model = try TestEngine.hosted(TestEngine.source("identity_fp32.onnx", outputLimit: 100)) {
            $0.inputs[0].shape = [-1]
        }
        let requests = [10, 20, 5].map {
            makeRequest([fp32("INPUT0", [1, Int64($0)], [Float](repeating: 1, count: $0))])
        }
        let answers = model.instance.run(requests)
        #expect(answers.error(0) == nil && answers.error(2) == nil)
        #expect(
            answers.error(1)?.message
                == "the outputs of model 'm' exceed the server's limit of 100 bytes (--max-output-byte-size)"
        )
    }
}
