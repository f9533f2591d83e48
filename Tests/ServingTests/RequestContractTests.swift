// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Serving

@Suite struct RequestContractTests {
    private static func spec(_ name: String, _ type: DataType, _ shape: Shape, optional: Bool = false) -> TensorSpec {
        TensorSpec(name: name, dataType: type, shape: shape, isOptional: optional)
    }

    private static func tensor(_ name: String, _ type: DataType, _ shape: Shape, bytes: Int) -> InputTensor {
        InputTensor(name: name, dataType: type, shape: shape, bytes: TensorBytes([UInt8](repeating: 0, count: bytes)))
    }

    private static func request(_ inputs: [InputTensor], outputs: [RequestedOutput] = []) -> InferenceRequest {
        var fields = InferenceRequest.Fields()
        fields.inputs = inputs
        fields.requestedOutputs = outputs
        return InferenceRequest(fields)
    }

    private static let batching = RequestContract(
        modelName: "m",
        inputs: [spec("a", .fp32, [16])],
        outputs: [spec("y", .fp32, [4])],
        maxBatchSize: 8
    )
    private static let plain = RequestContract(
        modelName: "m",
        inputs: [spec("a", .int32, [-1, 2]), spec("s", .bytes, [2], optional: true)],
        outputs: [spec("y", .fp32, [4])],
        maxBatchSize: 0
    )

    @Test(arguments: [1, 8]) func acceptsBatchesUpToTheLimit(batch: Int) throws {
        let facts = try Self.batching.check(
            Self.request([Self.tensor("a", .fp32, [Int64(batch), 16], bytes: batch * 64)])
        )
        #expect(
            facts
                == RequestFacts(
                    batchSize: batch,
                    inputBytes: batch * 64,
                    wantsClassification: false,
                    wantsSharedMemory: false
                )
        )
    }

    @Test func countsBytesOfAllInputs() throws {
        let strings: [UInt8] = [1, 0, 0, 0, 65, 0, 0, 0, 0]
        let facts = try Self.plain.check(
            Self.request([
                Self.tensor("a", .int32, [3, 2], bytes: 24),
                InputTensor(name: "s", dataType: .bytes, shape: [2], bytes: TensorBytes(strings)),
            ])
        )
        #expect(
            facts == RequestFacts(batchSize: 1, inputBytes: 33, wantsClassification: false, wantsSharedMemory: false)
        )
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var contract: RequestContract
        var inputs: [InputTensor]
        var outputs: [RequestedOutput] = []
        var text: String
        var testDescription: String { text }
    }

    private static let fine = tensor("a", .fp32, [1, 16], bytes: 64)
    static let refusals: [Refusal] = [
        Refusal(
            contract: batching,
            inputs: [],
            text: "expected 1 inputs but got 0 inputs for model 'm'. Got input(s) [], but missing required input(s) "
                + "['a']. Please provide all required input(s)."
        ),
        Refusal(
            contract: plain,
            inputs: [],
            text:
                "expected number of inputs between 1 and 2 but got 0 inputs for model 'm'. Got input(s) [], but missing"
                + " required input(s) ['a']. Please provide all required input(s)."
        ),
        Refusal(
            contract: plain,
            inputs: [tensor("s", .bytes, [0], bytes: 0)],
            text: "expected number of inputs between 1 and 2 but got 1 inputs for model 'm'. Got input(s) ['s'], but "
                + "missing required input(s) ['a']. Please provide all required input(s)."
        ),
        Refusal(
            contract: batching,
            inputs: [tensor("b", .fp32, [1, 16], bytes: 64)],
            text: "unexpected inference input 'b' for model 'm'"
        ),
        Refusal(
            contract: plain,
            inputs: [tensor("a", .int32, [1, 2], bytes: 8), tensor("a", .int32, [1, 2], bytes: 8)],
            text: "input 'a' is given more than once for model 'm'"
        ),
        Refusal(
            contract: batching,
            inputs: [tensor("a", .int32, [1, 16], bytes: 64)],
            text: "inference input 'a' data-type is 'INT32', but model 'm' expects 'FP32'"
        ),
        Refusal(
            contract: batching,
            inputs: [tensor("a", .fp32, [9, 16], bytes: 576)],
            text: "inference request batch-size must be <= 8 for 'm'"
        ),
        Refusal(
            contract: batching,
            inputs: [tensor("a", .fp32, [0, 16], bytes: 0)],
            text: "inference request batch-size must be >= 1 for 'm'"
        ),
        Refusal(
            contract: batching,
            inputs: [tensor("a", .fp32, [], bytes: 4)],
            text: "input 'a' has no shape but model requires batch dimension for 'm'"
        ),
        Refusal(
            contract: batching,
            inputs: [tensor("a", .fp32, [1, 8], bytes: 32)],
            text: "unexpected shape for input 'a' for model 'm'. Expected [-1,16], got [1,8]. NOTE: Setting a non-zero "
                + "max_batch_size in the model config requires a batch dimension"
        ),
        Refusal(
            contract: plain,
            inputs: [tensor("a", .int32, [3, 3], bytes: 36)],
            text: "unexpected shape for input 'a' for model 'm'. Expected [-1,2], got [3,3]. "
        ),
        Refusal(
            contract: plain,
            inputs: [tensor("a", .int32, [-1, 2], bytes: 8)],
            text: "All input dimensions should be specified for input 'a' for model 'm', got [-1,2]"
        ),
        Refusal(
            contract: plain,
            inputs: [tensor("a", .int32, [Int64.max, 2], bytes: 8)],
            text: "shape for input 'a' causes total element count to exceed maximum size of"
        ),
        Refusal(
            contract: plain,
            inputs: [tensor("a", .int32, [Int64.max / 4, 2], bytes: 8)],
            text: "byte size for input 'a' exceeds maximum size of"
        ),
        Refusal(
            contract: batching,
            inputs: [tensor("a", .fp32, [1, 16], bytes: 63)],
            text: "input byte size mismatch for input 'a' for model 'm'. Expected 64, got 63"
        ),
        Refusal(
            contract: batching,
            inputs: [fine],
            outputs: [RequestedOutput(name: "z")],
            text: "unexpected inference output 'z' for model 'm'"
        ),
        Refusal(
            contract: batching,
            inputs: [fine],
            outputs: [RequestedOutput(name: "y"), RequestedOutput(name: "y")],
            text: "output 'y' is requested more than once for model 'm'"
        ),
    ]

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) {
        let error = #expect(throws: ServingError.self) {
            try refusal.contract.check(Self.request(refusal.inputs, outputs: refusal.outputs))
        }
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.message.hasPrefix("[request id: <id_unknown>] " + refusal.text) == true,
            "\(error?.message ?? "")"
        )
    }
}
