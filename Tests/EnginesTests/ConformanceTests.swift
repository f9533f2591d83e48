// SPDX-License-Identifier: Apache-2.0
import Engines
import Inference
import TestSupport
import Testing

/// What every engine must do alike: here each gives back what it is given.
@Suite struct ConformanceTests {
    enum Subject: String, CaseIterable { case identity, onnxruntime, hosted }

    static let cases = Subject.allCases.flatMap { subject in DataType.allCases.map { (subject, $0) } }

    static func open(_ subject: Subject, _ type: DataType) throws -> OpenedModel {
        switch subject {
        case .onnxruntime:
            return try TestEngine.onnx(TestEngine.source("identity_\(type.wireName.lowercased()).onnx"))
        case .hosted:
            return try TestEngine.hosted(TestEngine.source("identity_\(type.wireName.lowercased()).onnx"))
        case .identity:
            let model = try IdentityEngine().open(TestEngine.source("none"))
            let input = TensorSpec(name: "INPUT0", dataType: type, shape: [-1])
            let output = TensorSpec(name: "OUTPUT0", dataType: type, shape: [-1])
            try model.configure(EngineModelConfiguration(inputs: [input], outputs: [output], maxBatchSize: 8))
            return OpenedModel(model: model, instance: try model.makeInstance(0))
        }
    }

    /// Elements whose bytes are all different enough to show a mistake in cutting or in byte order.
    static func content(_ type: DataType, count: Int) -> TensorBytes {
        switch type {
        case .bytes:
            TensorBytes(
                strings: (0..<count).map { index in
                    // Of different lengths, one empty, with zero bytes and bytes that are no UTF-8.
                    (0..<(index % 5)).map { UInt8(truncatingIfNeeded: $0 == 1 ? 0 : 250 + index + $0) }
                }
            )
        case .bool: TensorBytes((0..<count).map { UInt8($0 % 2) })
        default: TensorBytes((0..<(count * type.byteSize!)).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) })
        }
    }

    func input(_ type: DataType, _ shape: Shape) -> InputTensor {
        InputTensor(
            name: "INPUT0",
            dataType: type,
            shape: shape,
            bytes: Self.content(type, count: shape.elementCount!)
        )
    }

    @Test(arguments: cases)
    func givesBackEveryTypeInABatch(subject: Subject, type: DataType) throws {
        let model = try Self.open(subject, type)
        let inputs = [input(type, [1, 5]), input(type, [3, 5]), input(type, [2, 5])]
        let answers = model.instance.run(inputs.map { makeRequest([$0]) })
        for (index, input) in inputs.enumerated() {
            let output = try answers.outputs(index)
            #expect(output.map(\.name) == ["OUTPUT0"])
            #expect(output[0].dataType == type)
            #expect(output[0].shape == input.shape)
            #expect(output[0].bytes.array == input.bytes.array)
        }
    }

    @Test(arguments: cases)
    func givesBackEmptyTensors(subject: Subject, type: DataType) throws {
        let model = try Self.open(subject, type)
        let answers = model.instance.run([makeRequest([input(type, [2, 0])]), makeRequest([input(type, [1, 0])])])
        #expect(try answers.outputs(0)[0].shape == [2, 0])
        #expect(try answers.outputs(1)[0].shape == [1, 0])
        #expect(try answers.outputs(0)[0].bytes.count == 0)
    }

    @Test(arguments: cases)
    func givesBackLargeTensors(subject: Subject, type: DataType) throws {
        let model = try Self.open(subject, type)
        let large = input(type, [1, 40_000])
        #expect(try model.instance.run([makeRequest([large])]).outputs()[0].bytes.array == large.bytes.array)
    }

    @Test(arguments: Subject.allCases)
    func saysWhenInputsAndOutputsWereReady(subject: Subject) throws {
        let model = try Self.open(subject, .fp32)
        let request = BatchedRequest(request: makeRequest([input(.fp32, [1, 4])]), batchSize: 1)
        let batch = ExecutionBatch(requests: [request], totalBatchSize: 1, responder: Answers())
        let before = MonotonicTime.now()
        model.instance.execute(batch)
        let inputs = try #require(batch.inputsReady)
        let outputs = try #require(batch.outputsReady)
        #expect(before <= inputs && inputs <= outputs && outputs <= MonotonicTime.now())
    }

    @Test(arguments: Subject.allCases)
    func answersOnlyTheOutputsAskedFor(subject: Subject) throws {
        let model = try Self.open(subject, .fp32)
        let answers = model.instance.run([makeRequest([input(.fp32, [1, 4])], outputs: ["OUTPUT0"])])
        #expect(try answers.outputs().map(\.name) == ["OUTPUT0"])
    }

    @Test func identityWaitsAsItsParametersSay() throws {
        for (parameters, instance, expected) in [
            (["execute_delay_ms": "30"], 3, 30),
            (["execute_delay_ms": "10", "instance_wise_delay_multiplier": "2"], 3, 60),
            (["execute_delay_ms": "20", "instance_wise_delay_multiplier": "2"], 0, 20),
        ] {
            let model = try IdentityEngine().open(TestEngine.source("none", parameters: parameters))
            let start = MonotonicTime.now()
            try model.makeInstance(instance).run([makeRequest([])])
            let waited = MonotonicTime.now().nanoseconds(since: start) / 1_000_000
            #expect(waited >= UInt64(expected) && waited < UInt64(expected + 500))
        }
    }
}
