// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct RawRequestTests {
    private static func read(
        _ body: [UInt8],
        _ inputs: [TensorSpec],
        maxBatchSize: Int = 0,
        limits: RequestLimits = secureLimits
    ) throws(ServingError) -> DecodedInferRequest {
        try InferRequestReader.read(
            body: TensorBytes(body),
            inferenceHeaderLength: 0,
            model: DeclaredModel(inputs: inputs, maxBatchSize: maxBatchSize),
            limits: limits
        )
    }

    private static func spec(_ type: DataType, _ shape: Shape) -> TensorSpec {
        TensorSpec(name: "IN", dataType: type, shape: shape)
    }

    @Test(
        arguments: [
            ([2, 2], 0, [2, 2]), ([4], 8, [1, 4]), ([-1], 0, [4]), ([2, -1], 8, [1, 2, 2]), ([-1, 3], 0, [1, 3]),
            ([-1, 0], 0, [0, 0]),
        ] as [(Shape, Int, Shape)]
    )
    func deducesTheShape(_ declared: Shape, _ maxBatchSize: Int, _ shape: Shape) throws {
        let body = [UInt8](repeating: 7, count: 16)
        let decoded = try Self.read(body, [Self.spec(.fp32, declared)], maxBatchSize: maxBatchSize)
        #expect(decoded.fields.inputs[0].name == "IN")
        #expect(decoded.fields.inputs[0].shape == shape)
        #expect(decoded.fields.inputs[0].bytes.array == body)
        #expect(decoded.outputPlan.isBinary("OUT"))
    }

    @Test(arguments: [0, 3]) func putsALengthBeforeBytes(_ count: Int) throws {
        let body = [UInt8](repeating: 65, count: count)
        let decoded = try Self.read(body, [Self.spec(.bytes, [1])])
        #expect(BytesTensor.elements(of: decoded.fields.inputs[0].bytes) == [body])
    }

    private static let prefix = "[request id: <id_unknown>] "

    @Test func refusesWhatCannotBeDeduced() {
        let two = [Self.spec(.fp32, [1]), Self.spec(.fp32, [1])]
        #expect(
            message { () throws(ServingError) in _ = try Self.read([], two) } == Self.prefix
                + "Raw request must only have 1 input (found 1) to be deduced but got 2 inputs in 'm' model"
                + " configuration"
        )
        #expect(
            message { () throws(ServingError) in _ = try Self.read([], [Self.spec(.fp32, [-1, -1])]) } == Self.prefix
                + "The shape of the raw input 'IN' can not be deduced because there are more than one variable-sized"
                + " dimension"
        )
        for shape: Shape in [[2], [-1]] {
            #expect(
                message { () throws(ServingError) in _ = try Self.read([], [Self.spec(.bytes, shape)]) } == Self.prefix
                    + "For BYTE datatype raw input 'IN', the model must have input shape [1]"
            )
        }
    }

    @Test func boundsItsSize() {
        var limits = secureLimits
        limits.jsonBytes = 8
        let read = { (count: Int) in
            message { () throws(ServingError) in
                _ = try Self.read([UInt8](repeating: 0, count: count), [Self.spec(.uint8, [-1])], limits: limits)
            }
        }
        #expect(read(8) == nil)
        #expect(
            read(9) == "Raw input has a byte_size (9 bytes) that exceeds the maximum allowed value of 8 bytes. Use"
                + " --http-max-input-size to increase the limit."
        )
    }
}
