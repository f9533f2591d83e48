// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import Engines

@Suite struct ONNXRuntimeTests {
    static let addable: [(String, DataType)] = DataType.allCases.compactMap { type in
        [.bool, .bytes, .bf16].contains(type) ? nil : (type.wireName.lowercased(), type)
    }

    /// Four elements as the type's bytes; FP16 by its bit patterns.
    static func four(_ values: [Int], _ type: DataType) -> TensorBytes {
        switch type {
        case .uint8, .int8: TensorBytes(of: values.map { Int8($0) })
        case .uint16, .int16: TensorBytes(of: values.map { Int16($0) })
        case .uint32, .int32: TensorBytes(of: values.map { Int32($0) })
        case .uint64, .int64: TensorBytes(of: values.map { Int64($0) })
        case .fp16: TensorBytes(of: values.map { half($0) })
        case .fp64: TensorBytes(of: values.map { Double($0) })
        default: TensorBytes(of: values.map { Float($0) })
        }
    }

    /// The FP16 bits of a small whole number.
    static func half(_ value: Int) -> UInt16 {
        let bits = Float(value).bitPattern
        guard value != 0 else { return 0 }
        let exponent = Int((bits >> 23) & 0xFF) - 127 + 15
        return UInt16(bits >> 16 & 0x8000) | UInt16(exponent << 10) | UInt16((bits >> 13) & 0x3FF)
    }

    @Test(arguments: addable)
    func addsAndSubtracts(name: String, type: DataType) throws {
        let model = try TestEngine.onnx(TestEngine.source("addsub_\(name).onnx"))
        func request(_ left: [Int], _ right: [Int]) -> InferenceRequest {
            makeRequest([
                InputTensor(name: "INPUT0", dataType: type, shape: [1, 4], bytes: Self.four(left, type)),
                InputTensor(name: "INPUT1", dataType: type, shape: [1, 4], bytes: Self.four(right, type)),
            ])
        }
        let answers = model.instance.run([request([9, 8, 7, 6], [1, 2, 3, 4]), request([5, 5, 5, 5], [5, 4, 3, 2])])
        #expect(
            try answers.outputs(0).map(\.bytes.array) == [
                Self.four([10, 10, 10, 10], type).array, Self.four([8, 6, 4, 2], type).array,
            ]
        )
        #expect(
            try answers.outputs(1).map(\.bytes.array) == [
                Self.four([10, 9, 8, 7], type).array, Self.four([0, 1, 2, 3], type).array,
            ]
        )
    }

    @Test func cutsBatchesByEachRequestsPart() throws {
        let model = try TestEngine.onnx(TestEngine.source("addsub_fp32.onnx"))
        let first = makeRequest([fp32("INPUT0", [1, 4], [1, 2, 3, 4]), fp32("INPUT1", [1, 4], [1, 1, 1, 1])])
        let second = makeRequest(
            [
                fp32("INPUT1", [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
                fp32("INPUT0", [2, 4], [5, 6, 7, 8, 9, 10, 11, 12]),
            ],
            outputs: ["OUTPUT1"]
        )
        let answers = model.instance.run([first, second])
        #expect(try answers.outputs(0).map(\.name) == ["OUTPUT0", "OUTPUT1"])
        #expect(try answers.outputs(0)[0].shape == [1, 4])
        let two = try answers.outputs(1)
        #expect(two.map(\.name) == ["OUTPUT1"])
        #expect(two[0].shape == [2, 4])
        #expect(two[0].bytes.elements(Float.self) == [4, 4, 4, 4, 4, 4, 4, 4])
    }

    /// The value that an instance keeps for small inputs must never show an older request's elements or shape.
    @Test func runsAgainWithOtherValuesAndShapes() throws {
        let model = try TestEngine.onnx(TestEngine.source("addsub_fp32.onnx"))
        for rows in [1, 1, 3, 1, 2000, 1] {
            let values = (0..<(rows * 4)).map { Float($0 + rows) }
            let shape: Shape = [Int64(rows), 4]
            let answers = model.instance.run([
                makeRequest([fp32("INPUT0", shape, values), fp32("INPUT1", shape, values)])
            ])
            #expect(try answers.outputs()[0].bytes.elements(Float.self) == values.map { $0 * 2 })
        }
    }

    @Test func answersOutliveTheModelAndLaterRuns() throws {
        var model: OpenedModel? = try TestEngine.onnx(TestEngine.source("addsub_fp32.onnx"))
        let shape: Shape = [1, 4]
        let one = model!.instance.run([
            makeRequest([fp32("INPUT0", shape, [1, 2, 3, 4]), fp32("INPUT1", shape, [0, 0, 0, 0])])
        ])
        let kept = try one.outputs()
        model!.instance.run([makeRequest([fp32("INPUT0", shape, [9, 9, 9, 9]), fp32("INPUT1", shape, [9, 9, 9, 9])])])
        model = nil
        #expect(kept[0].bytes.elements(Float.self) == [1, 2, 3, 4])
    }

    @Test func takesUnalignedLargeInputs() throws {
        let model = try TestEngine.onnx(TestEngine.source("identity_fp32.onnx"))
        let values = (0..<8192).map { Float($0) }
        let shifted = TensorBytes(of: [UInt8](repeating: 0, count: 1) + TensorBytes(of: values).array)
        let input = InputTensor(
            name: "INPUT0",
            dataType: .fp32,
            shape: [1, 8192],
            bytes: shifted.slice(1..<shifted.count)
        )
        #expect(try model.instance.run([makeRequest([input])]).outputs()[0].bytes.elements(Float.self) == values)
    }

    @Test func scalars() throws {
        let model = try TestEngine.onnx(TestEngine.source("scalar.onnx"), maxBatchSize: 0) { configuration in
            // As auto-complete writes it, since a configuration cannot have an empty shape.
            for index in configuration.inputs.indices { configuration.inputs[index].shape = [1] }
            for index in configuration.outputs.indices { configuration.outputs[index].shape = [1] }
        }
        let output = try model.instance.run([makeRequest([fp32("INPUT0", [1], [21])])], batches: false).outputs()[0]
        #expect(output.shape == [1])
        #expect(output.bytes.elements(Float.self) == [42])
    }

    @Test func modelsThatDoNotBatchRunRequestsOneByOne() throws {
        let model = try TestEngine.onnx(TestEngine.source("fixed.onnx"), maxBatchSize: 0)
        let requests = [1, 2].map { makeRequest([fp32("INPUT0", [2, 3], [Float](repeating: Float($0), count: 6))]) }
        let answers = model.instance.run(requests, batches: false)
        #expect(try answers.outputs(0)[0].bytes.elements(Float.self) == [2, 2, 2, 2, 2, 2])
        #expect(try answers.outputs(1)[0].bytes.elements(Float.self) == [4, 4, 4, 4, 4, 4])
    }

    @Test func reshapesBothWays() throws {
        let model = try TestEngine.onnx(TestEngine.source("addsub_fp32.onnx")) { configuration in
            for index in configuration.inputs.indices {
                configuration.inputs[index].shape = [2, 2]
                configuration.inputs[index].engineShape = [4]
            }
            configuration.outputs[0].shape = [1, 4, 1]
            configuration.outputs[0].engineShape = [4]
        }
        let answers = model.instance.run([
            makeRequest([fp32("INPUT0", [1, 2, 2], [1, 2, 3, 4]), fp32("INPUT1", [1, 2, 2], [1, 1, 1, 1])])
        ])
        let outputs = try answers.outputs()
        #expect(outputs[0].shape == [1, 1, 4, 1])
        #expect(outputs[0].bytes.elements(Float.self) == [2, 3, 4, 5])
        #expect(outputs[1].shape == [1, 4])
    }

    @Test func refusesAnOutputWhoseFirstDimensionIsNotTheBatch() throws {
        let model = try TestEngine.onnx(TestEngine.source("not_batched_output.onnx"))
        let answers = model.instance.run([makeRequest([fp32("INPUT0", [2, 4], [Float](repeating: 1, count: 8))])])
        #expect(
            answers.error()?.message
                == "output 'OUTPUT0' of model 'm' has shape [4,2] for a batch of 2: its first dimension must be the batch"
        )
    }

    @Test func failsOnlyTheRequestThatTheModelCannotTake() throws {
        let model = try TestEngine.onnx(TestEngine.source("addsub_fp32.onnx")) { configuration in
            for index in configuration.inputs.indices { configuration.inputs[index].shape = [-1] }
        }
        let good = makeRequest([fp32("INPUT0", [1, 4], [1, 2, 3, 4]), fp32("INPUT1", [1, 4], [0, 0, 0, 0])])
        let bad = makeRequest([fp32("INPUT0", [1, 3], [1, 2, 3]), fp32("INPUT1", [1, 3], [0, 0, 0])])
        let answers = model.instance.run([good, bad])
        #expect(try answers.outputs(0)[0].bytes.elements(Float.self) == [1, 2, 3, 4])
        let error = try #require(answers.error(1))
        #expect(error.message.hasPrefix("onnx runtime error 2: "))
        #expect(error.reason == .backend)
        #expect(!error.message.contains("onnxruntime_src"))
    }

    @Test func refusesBytesThatDoNotFitTheShape() throws {
        let model = try TestEngine.onnx(TestEngine.source("identity_fp32.onnx"))
        for (count, message) in [
            (3, "has 12 bytes where its shape needs 16"), (5, "has 20 bytes where its shape needs 16"),
        ] {
            let input = InputTensor(
                name: "INPUT0",
                dataType: .fp32,
                shape: [1, 4],
                bytes: TensorBytes(of: [Float](repeating: 0, count: count))
            )
            #expect(
                model.instance.run([makeRequest([input])]).error()?.message == "input 'INPUT0' of model 'm' \(message)"
            )
        }
    }

    @Test(arguments: [
        ([1, 0, 0], "unexpected number of string elements for inference input 'INPUT0', expecting 1"),
        ([1, 0, 0, 0], "incomplete string data for inference input 'INPUT0'"),
        ([2, 0, 0, 0, 65], "incomplete string data for inference input 'INPUT0'"),
        ([255, 255, 255, 255, 65], "incomplete string data for inference input 'INPUT0'"),
        ([0, 0, 0, 0, 0, 0, 0, 0], "unexpected number of string elements for inference input 'INPUT0', expecting 1"),
    ])
    func refusesDamagedStrings(bytes: [UInt8], message: String) throws {
        let model = try TestEngine.onnx(TestEngine.source("identity_bytes.onnx"))
        let input = InputTensor(name: "INPUT0", dataType: .bytes, shape: [1, 1], bytes: TensorBytes(bytes))
        let error = model.instance.run([makeRequest([input])]).error()
        #expect(error?.message == message)
        #expect(error?.code == .invalidArgument)
    }

    @Test func refusesOutputsThatAreNoTensors() throws {
        let error = #expect(throws: ServingError.self) { try TestEngine.onnx(TestEngine.source("sequence.onnx")) }
        #expect(
            error?.message
                == "Unsupported ONNX Type 'ONNX_TYPE_SEQUENCE' for I/O 'OUTPUT0', expected 'ONNX_TYPE_TENSOR'."
        )
    }

    @Test(arguments: [
        ["intra_op_thread_count": "2", "inter_op_thread_count": "2", "execution_mode": "1"],
        ["enable_mem_arena": "0", "enable_mem_pattern": "0"],
        ["memory.enable_memory_arena_shrinkage": "cpu:0", "session.use_device_allocator_for_initializers": "1"],
        ["session.intra_op.allow_spinning": "1"],
    ])
    func runsWithEachParameter(parameters: [String: String]) throws {
        let model = try TestEngine.onnx(TestEngine.source("mlp.onnx", parameters: parameters))
        let plain = try TestEngine.onnx(TestEngine.source("mlp.onnx"))
        let request = makeRequest([fp32("INPUT0", [4, 16], (0..<64).map { Float($0) / 64 })])
        let values = try model.instance.run([request]).outputs()[0].bytes.array
        #expect(try values == plain.instance.run([request]).outputs()[0].bytes.array)
    }

    @Test(arguments: [
        ("", nil), ("cpu:0", true), ("cpu:0;cpu:0", true), ("foo", nil), ("cpu:1", nil), ("cpu:0;gpu:0", nil),
    ])
    func onlyTheOneArenaShrinks(value: String, shrinks: Bool?) throws {
        let source = TestEngine.source("m.onnx", parameters: ["memory.enable_memory_arena_shrinkage": value])
        guard !value.isEmpty, shrinks == nil else {
            #expect(try SessionSettings(source, cores: 1).trimsAfterRun == (shrinks ?? false))
            return
        }
        let error = #expect(throws: ServingError.self) { try SessionSettings(source, cores: 1) }
        #expect(
            error?.message
                == "parameter 'memory.enable_memory_arena_shrinkage' of model 'm' must be 'cpu:0', the one arena that "
                + "there is; got '\(value)'"
        )
    }

    @Test func aFileThatIsEmptyOrMissingIsNamed() {
        func message(_ contents: [String: [UInt8]]) -> String? {
            let error = #expect(throws: ServingError.self) {
                try ModelContent.read(MemoryFiles(contents: contents), path: "1/x.onnx")
            }
            return error?.message
        }
        #expect(message(["1/x.onnx": []]) == "the model's file 'x.onnx' is empty")
        #expect(message([:]) == "the model's version directory has no 'x.onnx'")
    }

    @Test(arguments: [(-1, true), (0, true), (1, true), (2, true), (3, false)])
    func graphLevels(level: Int, passes: Bool) throws {
        var source = TestEngine.source("mlp.onnx")
        source.graphLevel = level
        do {
            let model = try TestEngine.onnx(source)
            let request = makeRequest([fp32("INPUT0", [1, 16], [Float](repeating: 1, count: 16))])
            #expect(try model.instance.run([request]).outputs()[0].bytes.count == 16)
            #expect(passes)
        } catch let error as ServingError {
            #expect(!passes)
            #expect(error.message == "unsupported graph optimization level '3' for model 'm'")
        }
    }

    @Test(arguments: ["intra_op_thread_count", "execution_mode", "enable_mem_pattern"])
    func refusesParametersThatAreNoNumbers(name: String) throws {
        let error = #expect(throws: ServingError.self) {
            try TestEngine.onnx(TestEngine.source("mlp.onnx", parameters: [name: "many"]))
        }
        #expect(error?.message == "failed to parse parameter '\(name)' of model 'm': 'many'")
    }
}
