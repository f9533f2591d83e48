// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import NIOCore
import SwiftProtobuf
import Testing

/// The bytes that are written against the generated code.
@Suite struct InferResponseWriterTests {
    private let writer = InferResponseWriter(modelName: "model", modelVersion: "3", requestID: "7")

    private static let response: InferenceResponse = {
        var shared = OutputTensor(name: "S", dataType: .bytes, shape: [-1], bytes: TensorBytes())
        shared.sharedMemory = SharedMemorySlice(region: "r", offset: 300, byteSize: 1 << 40)
        return InferenceResponse(
            outputs: [
                OutputTensor(name: "O", dataType: .fp32, shape: [1, 300], bytes: TensorBytes([1, 2, 3])),
                shared,
                OutputTensor(name: "", dataType: .bf16, shape: [], bytes: TensorBytes()),
            ],
            parameters: [
                Parameter(name: "b", value: .bool(false)), Parameter(name: "i", value: .int64(-1)),
                Parameter(name: "s", value: .string("")), Parameter(name: "d", value: .double(-0.5)),
                Parameter(name: "", value: .uint64(.max)),
            ]
        )
    }()

    private static let expected = Inference_ModelInferResponse.with {
        $0.modelName = "model"
        $0.modelVersion = "3"
        $0.id = "7"
        $0.parameters = [
            "b": .init(.boolParam(false)), "i": .init(.int64Param(-1)), "s": .init(.stringParam("")),
            "d": .init(.doubleParam(-0.5)), "": .init(.uint64Param(.max)),
        ]
        $0.outputs = [
            .with {
                $0.name = "O"
                $0.datatype = "FP32"
                $0.shape = [1, 300]
            },
            .with {
                $0.name = "S"
                $0.datatype = "BYTES"
                $0.shape = [-1]
                $0.parameters = [
                    "shared_memory_region": .init(.stringParam("r")),
                    "shared_memory_offset": .init(.int64Param(300)),
                    "shared_memory_byte_size": .init(.int64Param(1 << 40)),
                ]
            },
            .with { $0.datatype = "BF16" },
        ]
        $0.rawOutputContents = [.init([1, 2, 3]), .init(), .init()]
    }

    @Test func everythingIsWritten() throws {
        var buffer = ByteBuffer(bytes: [9])
        try writer.write(Self.response, into: &buffer)
        #expect(buffer.readBytes(length: 1) == [9])
        #expect(try Inference_ModelInferResponse(serializedBytes: Array(buffer.readableBytesView)) == Self.expected)
    }

    @Test(arguments: [true, false])
    func streamedAnswersSayWhetherTheyAreFinal(isFinal: Bool) throws {
        var buffer = ByteBuffer()
        try writer.writeStreamed(Self.response, isFinal: isFinal, into: &buffer)
        var expected = Inference_ModelStreamInferResponse()
        expected.inferResponse = Self.expected
        expected.inferResponse.parameters["triton_final_response"] = .init(.boolParam(isFinal))
        #expect(try Inference_ModelStreamInferResponse(serializedBytes: Array(buffer.readableBytesView)) == expected)
    }

    @Test func streamedErrorsNameTheirRequest() throws {
        var buffer = ByteBuffer()
        let writer = InferResponseWriter(modelName: "m", modelVersion: "", requestID: "8")
        try writer.writeStreamed(ServingError(.notFound, "nowhere"), into: &buffer)
        let message = try Inference_ModelStreamInferResponse(serializedBytes: Array(buffer.readableBytesView))
        #expect(message.errorMessage == "nowhere")
        #expect(message.inferResponse.id == "8")
        #expect(message.inferResponse.modelName == "m")
        #expect(message.inferResponse.parameters == ["triton_final_response": .init(.boolParam(true))])
    }

    @Test func nothingIsWrittenOfNothing() throws {
        var buffer = ByteBuffer()
        let writer = InferResponseWriter(modelName: "", modelVersion: "", requestID: "")
        try writer.write(InferenceResponse(outputs: []), into: &buffer)
        #expect(buffer.readableBytes == 0)
    }

    /// Lengths on both sides of each step of a varint.
    @Test(arguments: [0, 1, 127, 128, 16383, 16384, 70_000])
    func lengths(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var buffer = ByteBuffer()
        try writer.write(
            InferenceResponse(
                outputs: [
                    OutputTensor(name: "O", dataType: .uint8, shape: [Int64(count)], bytes: TensorBytes(bytes))
                ],
                parameters: [Parameter(name: String(repeating: "n", count: count), value: .int64(Int64(count)))]
            ),
            into: &buffer
        )
        let message = try Inference_ModelInferResponse(serializedBytes: Array(buffer.readableBytesView))
        #expect(Array(message.rawOutputContents[0]) == bytes)
        #expect(message.outputs[0].shape == [Int64(count)])
        #expect(message.parameters.first?.value.int64Param == Int64(count))
    }

    @Test func largerThanAMessageIsRefused() throws {
        // One region of memory, many times over: nothing of this size is ever held.
        let tensor = TensorBytes(count: 1 << 20) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        let output = OutputTensor(name: "O", dataType: .uint8, shape: [1 << 20], bytes: tensor)
        var buffer = ByteBuffer()
        let error = #expect(throws: ServingError.self) {
            try writer.write(InferenceResponse(outputs: Array(repeating: output, count: 2048)), into: &buffer)
        }
        #expect(error?.code == .internalError)
        #expect(buffer.readableBytes == 0)
    }
}
