// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import SwiftProtobuf
import TestSupport
import Testing

@Suite struct TypedContentsTests {
    private func bytes(
        _ datatype: String,
        limits: RequestLimits = RequestLimits(profile: .secure),
        _ contents: @escaping (inout Inference_InferTensorContents) -> Void
    ) throws(ServingError) -> [UInt8] {
        let request = Request.with {
            $0.modelName = "plain"
            $0.inputs = [.named("INPUT", datatype, [1], contents)]
        }
        return try decode(request.bytes, limits: limits).fields.inputs[0].bytes.array
    }

    @Test func everyTypeIsLittleEndian() throws {
        #expect(try bytes("BOOL") { $0.boolContents = [true, false] } == [1, 0])
        #expect(try bytes("INT8") { $0.intContents = [-1, 127, -128] } == [255, 127, 128])
        #expect(try bytes("INT16") { $0.intContents = [-2, 258] } == [254, 255, 2, 1])
        #expect(try bytes("INT32") { $0.intContents = [-2, .max] } == [254, 255, 255, 255, 255, 255, 255, 127])
        #expect(try bytes("INT64") { $0.int64Contents = [.min] } == [0, 0, 0, 0, 0, 0, 0, 128])
        #expect(try bytes("UINT8") { $0.uintContents = [255, 0] } == [255, 0])
        #expect(try bytes("UINT16") { $0.uintContents = [65535] } == [255, 255])
        #expect(try bytes("UINT32") { $0.uintContents = [.max] } == [255, 255, 255, 255])
        #expect(try bytes("UINT64") { $0.uint64Contents = [258] } == [2, 1, 0, 0, 0, 0, 0, 0])
        #expect(try bytes("FP32") { $0.fp32Contents = [1] } == [0, 0, 0x80, 0x3F])
        #expect(try bytes("FP64") { $0.fp64Contents = [1] } == [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
        #expect(try bytes("BYTES") { $0.bytesContents = [.init([65]), .init()] } == [1, 0, 0, 0, 65, 0, 0, 0, 0])
        #expect(try bytes("FP32") { $0.fp32Contents = [] } == [])
    }

    @Test(
        arguments: [
            ("FP32", .with { $0.fp64Contents = [1] }, "of type 'FP64', expected datatype 'FP32'"),
            ("FP16", .with { $0.fp32Contents = [1] }, "of type 'FP32', expected datatype 'FP16'"),
            ("INT8", .with { $0.uintContents = [1] }, "of type 'UINT32', expected datatype 'INT8'"),
            ("UINT8", .with { $0.intContents = [1] }, "of type 'INT32', expected datatype 'UINT8'"),
            ("BYTES", .with { $0.boolContents = [true] }, "of type 'BOOL', expected datatype 'BYTES'"),
        ] as [(String, Inference_InferTensorContents, String)]
    )
    func otherTypeIsRefused(
        datatype: String,
        contents: Inference_InferTensorContents,
        text: String
    ) {
        let got = message { () throws(ServingError) in _ = try bytes(datatype) { $0 = contents } }
        #expect(got == "unexpected explicit tensor data for input tensor 'INPUT' for model 'plain' " + text)
    }

    @Test func secondFieldIsRefused() {
        let got = message { () throws(ServingError) in
            _ = try bytes("INT32") {
                $0.intContents = [1]
                $0.fp32Contents = [1]
            }
        }
        #expect(
            got
                == "unexpected explicit tensor data for input tensor 'INPUT' for model 'plain', binary data was "
                + "already supplied."
        )
    }

    @Test(
        arguments: [
            ("INT8", 128), ("INT8", -129), ("INT16", 32768), ("INT16", -32769),
        ] as [(String, Int32)]
    )
    func numbersAreNotCutDown(datatype: String, value: Int32) {
        let got = message { () throws(ServingError) in _ = try bytes(datatype) { $0.intContents = [0, value] } }
        #expect(got == "value \(value) is out of range of \(datatype) for input 'INPUT' at element 1")
    }

    /// Small numbers grow when they become a tensor: that is bounded, not the message alone.
    @Test func growthIsBounded() {
        var limits = RequestLimits(profile: .secure)
        limits.bodyBytes = 80
        func refusal(_ count: Int) -> String? {
            message { () throws(ServingError) in
                _ = try bytes("INT64", limits: limits) { $0.int64Contents = Array(repeating: 1, count: count) }
            }
        }
        #expect(refusal(10) == nil)
        #expect(
            refusal(11) == "input 'INPUT' has a byte_size (88 bytes) that exceeds the maximum allowed value of 80 bytes"
        )
    }

    /// Unpacked elements, several runs and two occurrences of the message are one tensor.
    @Test func elementsMayBeSpread() throws {
        let input: [UInt8] =
            [0x0A, 5] + Array("INPUT".utf8) + [0x12, 5] + Array("INT32".utf8) + [0x18, 5]
            + [0x2A, 2, 0x10, 1]  // one element, unpacked
            + [0x2A, 6, 0x12, 2, 2, 3, 0x10, 4]  // two packed, one unpacked
            + [0x2A, 2, 0x10, 5]
        let message = [0x2A, UInt8(input.count)] + input
        #expect(
            try decode(message).fields.inputs[0].bytes.array == [
                1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0,
            ]
        )
    }

    @Test func packedFloatsThatAreTornAreRefused() {
        let input: [UInt8] =
            [0x0A, 1, 65, 0x12, 4] + Array("FP32".utf8) + [0x2A, 5, 0x32, 3, 0, 0, 0]
        let text = message { () throws(ServingError) in _ = try decode([0x2A, UInt8(input.count)] + input) }
        #expect(text == "Unable to parse request: InferTensorContents: it ends within a field")
    }
}
