// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import SwiftProtobuf
import Synchronization
import Testing

@testable import Serving

@Suite struct WarmupTests {
    /// Keeps what it was given; answers, fails or says nothing.
    private final class Instance: EngineInstance {
        enum Behaviour { case answers, fails, keepsSilent }

        private let behaviour: Behaviour
        private let requests = Mutex<[BatchedRequest]>([])

        init(_ behaviour: Behaviour = .answers) { self.behaviour = behaviour }

        var seen: [BatchedRequest] { requests.withLock { $0 } }

        func execute(_ batch: ExecutionBatch) {
            requests.withLock { $0 += batch.requests }
            switch behaviour {
            case .answers: batch.respond(toRequestAt: 0, outputs: [])
            case .fails: batch.failAll(ServingError(.internalError, "broken"))
            case .keepsSilent: break
            }
        }
    }

    private struct Files: ModelFiles {
        func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
            guard path == "warmup/x" else { throw ServingError(.notFound, "no file '\(path)'") }
            return TensorBytes([1, 2, 3, 4, 5, 6, 7, 8])
        }
        func exists(_ path: String) -> Bool { false }
        func list(_ path: String) throws(ServingError) -> [String] { [] }
        func isDirectory(_ path: String) -> Bool { false }
    }

    private static func warmup(
        _ sample: String,
        maxBatchSize: Int = 4,
        type: DataType = .fp32
    ) throws -> Warmup {
        let config = try Inference_ModelConfig(
            textFormatString: "name: 'm' max_batch_size: \(maxBatchSize) model_warmup { name: 's' \(sample) }"
        )
        let contract = RequestContract(
            modelName: "m",
            inputs: [TensorSpec(name: "IN", dataType: type, shape: [-1])],
            outputs: [],
            maxBatchSize: maxBatchSize
        )
        return try Warmup(config, contract: contract, files: Files())
    }

    private static func input(_ content: String, dims: String = "2", type: String = "TYPE_FP32") -> String {
        "inputs { key: 'IN' value { data_type: \(type) dims: [ \(dims) ] \(content) } }"
    }

    @Test(arguments: [(0, 1), (1, 1), (3, 3), (Warmup.countLimit, Warmup.countLimit)])
    func runsAsOftenAsItSays(count: Int, runs: Int) throws {
        let instance = Instance()
        try Self.warmup("batch_size: 3 count: \(count) " + Self.input("zero_data: true")).run(on: instance, model: "m")
        #expect(instance.seen.count == runs)
        let request = try #require(instance.seen.first)
        #expect(request.batchSize == 3)
        #expect(request.request.fields.inputs[0].shape == [3, 2])
        #expect(
            request.request.fields.inputs[0].bytes.withUnsafeBytes { Array($0) } == [UInt8](repeating: 0, count: 24)
        )
    }

    @Test func aFileIsRepeatedForEachItemOfTheBatch() throws {
        let instance = Instance()
        try Self.warmup("batch_size: 2 " + Self.input("input_data_file: 'x'")).run(on: instance, model: "m")
        let bytes = try #require(instance.seen.first).request.fields.inputs[0].bytes.withUnsafeBytes { Array($0) }
        #expect(bytes == [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test(arguments: [(0, 1), (1, 1)])
    func aModelThatDoesNotBatchGetsTheDimsAsTheyAre(batchSize: Int, runs: Int) throws {
        let instance = Instance()
        try Self.warmup("batch_size: \(batchSize) " + Self.input("random_data: true"), maxBatchSize: 0)
            .run(on: instance, model: "m")
        #expect(instance.seen.map(\.request.fields.inputs[0].shape) == [[2]])
    }

    @Test func aSampleWithoutABatchIsPassedOver() throws {
        let instance = Instance()
        try Self.warmup(Self.input("zero_data: true")).run(on: instance, model: "m")
        #expect(instance.seen.isEmpty)
    }

    @Test func randomBooleansAreBooleansAndRandomStringsEmpty() throws {
        let instance = Instance()
        try Self.warmup(
            "batch_size: 1 " + Self.input("random_data: true", dims: "101", type: "TYPE_BOOL"),
            type: .bool
        ).run(on: instance, model: "m")
        try Self.warmup(
            "batch_size: 1 " + Self.input("random_data: true", dims: "3", type: "TYPE_STRING"),
            type: .bytes
        ).run(on: instance, model: "m")
        let contents = instance.seen.map { $0.request.fields.inputs[0].bytes.withUnsafeBytes { Array($0) } }
        #expect(contents[0].count == 101 && contents[0].allSatisfy { $0 <= 1 })
        #expect(contents[1] == [UInt8](repeating: 0, count: 12))
    }

    @Test(arguments: [
        ("batch_size: 5 " + input("zero_data: true"), "max_batch_size is 4"),
        ("batch_size: 1 count: 1001 " + input("zero_data: true"), "1001 times, at most 1000"),
        ("batch_size: 1 count: 4294967295 " + input("zero_data: true"), "4294967295 times"),
        ("batch_size: 1 " + input(""), "'IN' needs zero_data, random_data or input_data_file"),
        ("batch_size: 1 " + input("zero_data: true", dims: "-1"), "must have fixed dims"),
        ("batch_size: 1 " + input("zero_data: true", dims: "67108865"), "at most 268435456 bytes"),
        ("batch_size: 4 " + input("zero_data: true", dims: "16777217"), "at most 67108864 bytes"),
        ("batch_size: 1 " + input("zero_data: true", dims: "4611686018427387904, 4"), "must have fixed dims"),
        ("batch_size: 1 " + input("input_data_file: 'y'"), "no file 'warmup/y'"),
        ("batch_size: 1 " + input("input_data_file: 'x'", dims: "3"), "Expected 12, got 8"),
        ("batch_size: 1 " + input("zero_data: true", type: "TYPE_INT32"), "data-type is 'INT32'"),
        ("batch_size: 1 " + input("zero_data: true", type: "TYPE_INVALID"), "needs a data_type"),
        ("batch_size: 1", "expected 1 inputs but got 0"),
    ])
    func refuses(sample: String, reason: String) {
        let error = #expect(throws: ServingError.self) { try Self.warmup(sample) }
        #expect(error?.message.hasPrefix("failed to run warm-up sample 's' of model 'm': ") == true)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func aBatchForAModelThatDoesNotBatchIsRefused() {
        let error = #expect(throws: ServingError.self) {
            try Self.warmup("batch_size: 2 " + Self.input("zero_data: true"), maxBatchSize: 0)
        }
        #expect(error?.message.contains("the model does not batch") == true)
    }

    @Test(arguments: [(false, "broken"), (true, "it was not answered")])
    func aFailureIsTheLoads(keepsSilent: Bool, reason: String) throws {
        let warmup = try Self.warmup("batch_size: 1 count: 5 " + Self.input("zero_data: true"))
        let instance = Instance(keepsSilent ? .keepsSilent : .fails)
        let error = #expect(throws: ServingError.self) { try warmup.run(on: instance, model: "m") }
        #expect(error?.message == "failed to run warm-up sample 's' of model 'm': \(reason)")
        #expect(instance.seen.count == 1)
    }
}
