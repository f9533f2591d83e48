// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServer

/// The body of a generate request.
@Suite struct GenerateRequestTests {
    private static let model = DeclaredModel(
        inputs: [
            TensorSpec(name: "text", dataType: .bytes, shape: [1]),
            TensorSpec(name: "ids", dataType: .int64, shape: [-1]),
            TensorSpec(name: "grid", dataType: .fp32, shape: [-1, 2]),
            TensorSpec(name: "flag", dataType: .bool, shape: [1]),
        ]
    )

    private func read(
        _ json: String,
        model: DeclaredModel = model,
        limits: RequestLimits = secureLimits
    ) throws(ServingError) -> InferenceRequest.Fields {
        try GenerateRequestReader.read(body: TensorBytes(Array(json.utf8)), model: model, limits: limits).fields
    }

    private func message(_ json: String, model: DeclaredModel = model, limits: RequestLimits = secureLimits) -> String {
        let error = #expect(throws: ServingError.self) { try read(json, model: model, limits: limits) }
        #expect(error?.code == .invalidArgument)
        return error?.message ?? ""
    }

    @Test func namesOfInputsBecomeTensorsAndOthersParameters() throws {
        let fields = try read(
            #"{"id":"r","text":"a\u00e9\"b","ids":[1,-2,3],"flag":true,"temperature":0.5,"n":-3,"#
                + #""big":18446744073709551615,"s":"x"}"#
        )
        #expect(fields.id == "r")
        #expect(fields.inputs.map(\.name) == ["text", "ids", "flag"])
        #expect(fields.inputs.map(\.shape) == [[1], [3], [1]])
        #expect(BytesTensor.elements(of: fields.inputs[0].bytes) == [Array("aé\"b".utf8)])
        #expect(fields.inputs[1].bytes.values(Int64.self) == [1, -2, 3])
        #expect(fields.inputs[2].bytes.values(UInt8.self) == [1])
        #expect(
            fields.parameters == [
                Parameter(name: "id", value: .string("r")), Parameter(name: "temperature", value: .double(0.5)),
                Parameter(name: "n", value: .int64(-3)), Parameter(name: "big", value: .double(18446744073709551616)),
                Parameter(name: "s", value: .string("x")),
            ]
        )
        #expect(fields.requestedOutputs.isEmpty)
    }

    @Test func nestedParametersAreMergedIn() throws {
        let fields = try read(#"{"text":["a"],"parameters":{"ids":4,"top_k":5,"sequence_id":7,"triton_x":true}}"#)
        #expect(fields.inputs.map(\.name) == ["text", "ids"])
        #expect(
            fields.parameters == [
                Parameter(name: "top_k", value: .int64(5)), Parameter(name: "sequence_id", value: .int64(7)),
                Parameter(name: "triton_x", value: .bool(true)),
            ]
        )
        #expect(fields.correlationID == .none && fields.id.isEmpty)
    }

    @Test(arguments: [
        (#"{"text":["a","b"]}"#, "The schema can not convert input 'text' to tensor with proper shape"),
        (#"{"text":[]}"#, "The schema can not convert input 'text' to tensor with proper shape"),
        (#"{"grid":[1,2,3]}"#, "The schema can not convert input 'grid' to tensor with proper shape"),
        (#"{"grid":7}"#, "The schema can not convert input 'grid' to tensor with proper shape"),
        (#"{"text":7}"#, "attempt to access JSON non-string as string for input 'text' at element 0"),
        (#"{"ids":"x"}"#, "attempt to access JSON non-signed-integer as signed-integer for input 'ids' at element 0"),
        (#"{"ids":[[1,2],3]}"#, "Shape does not match true shape of 'data' field for input 'ids'"),
        (#"{"ids":null}"#, "for input 'ids' at element 0"), (#"{"ids":{}}"#, "for input 'ids' at element 0"),
        (#"{"id":7}"#, "Unable to parse 'id': attempt to access JSON non-string as string"),
        (#"{"x":[1]}"#, "parameter 'x' has invalid type. It should be either 'int', 'bool', or 'string'."),
        (#"{"parameters":3}"#, "Expected JSON object for keyword: 'parameters'"),
        (#"{"parameters":{"x":{}}}"#, "Converting keyword: 'parameters': parameter 'x' has invalid type."),
        (#"{"parameters":{"parameters":{}}}"#, "parameter 'parameters' has invalid type."),
        (#"{"x":1,"x":2}"#, "duplicate member 'x'"), (#"{"ids":1,"parameters":{"ids":2}}"#, "duplicate member 'ids'"),
        (#"[1]"#, "attempt to access JSON non-object as object"), ("", "The document is empty"),
        (#"{"x":1} y"#, "failed to parse the request JSON buffer"),
        (#"{"x":1"#, "failed to parse the request JSON buffer"),
    ])
    func whatIsWrongIsSaid(json: String, text: String) {
        let message = message(json)
        #expect(message.contains(text), "\(message)")
    }

    @Test func anInputCalledParametersIsRefused() {
        let model = DeclaredModel(inputs: [TensorSpec(name: "parameters", dataType: .int32, shape: [1])])
        #expect(
            message(#"{"parameters":{}}"#, model: model)
                == "Keyword 'parameters' for nested schema also given as input tensor name"
        )
    }

    @Test func halfPrecisionHasNoJSON() {
        let model = DeclaredModel(inputs: [TensorSpec(name: "h", dataType: .fp16, shape: [1])])
        #expect(message(#"{"h":1}"#, model: model).contains("receiving FP16 data via JSON is not supported"))
    }

    @Test(arguments: [(3, true), (4, false)])
    func parametersAreBounded(count: Int, passes: Bool) throws {
        var limits = secureLimits
        limits.parameters = 3
        let json = "{" + (0..<count).map { "\"p\($0)\":1" }.joined(separator: ",") + "}"
        if passes {
            #expect(try read(json, limits: limits).parameters.count == 3)
        } else {
            #expect(message(json, limits: limits) == "number of parameters in request exceeds the maximum of 3")
        }
    }

    @Test(arguments: [(100, true), (101, false)])
    func namesAreBounded(length: Int, passes: Bool) throws {
        var limits = secureLimits
        limits.stringBytes = 100
        let json = "{\"\(String(repeating: "k", count: length))\":1}"
        if passes {
            #expect(try read(json, limits: limits).parameters.count == 1)
        } else {
            #expect(message(json, limits: limits) == "'key' of 101 bytes exceeds the maximum of 100 bytes")
        }
    }

    @Test(
        arguments: [
            ([-1], 5, [5]), ([-1], 0, [0]), ([1], 1, [1]), ([1], 2, nil), ([-1, 2], 6, [3, 2]), ([-1, 2], 5, nil),
            ([2, -1], 6, [2, 3]), ([-1, -1], 4, [1, 4]), ([-1, -1, 3], 6, [1, 2, 3]), ([], 1, []), ([], 2, nil),
            ([-1, 1], 1, [1, 1]), ([4], 0, nil), ([0], 0, nil), ([-1, 4, -1], 8, [1, 4, 2]),
        ] as [([Int64], Int, [Int64]?)]
    )
    func shapesAreDeduced(declared: [Int64], count: Int, expected: [Int64]?) {
        let shape = try? GenerateShape.deduce(Shape(declared), elementCount: count, input: "x")
        #expect(shape?.dimensions == expected)
    }

    @Test func theBatchDimensionIsDeducedToo() throws {
        let model = DeclaredModel(
            inputs: [
                TensorSpec(name: "a", dataType: .int32, shape: [2]),
                TensorSpec(name: "b", dataType: .int32, shape: [-1]),
            ],
            maxBatchSize: 8
        )
        let fields = try read(#"{"a":[1,2,3,4],"b":[1,2,3]}"#, model: model)
        #expect(fields.inputs.map(\.shape) == [[2, 2], [1, 3]])
    }
}

@Suite struct GenerateAnswersTests {
    private func answers(_ kind: GenerateAnswers.Kind, id: String = "") -> GenerateAnswers {
        GenerateAnswers(kind, writer: GenerateResponseWriter(requestID: id, modelName: "m", version: 3))
    }

    @Test func aResponseIsAFlatObjectInWhichNoNameStandsTwice() throws {
        let writer = GenerateResponseWriter(requestID: "a\"b", modelName: "m", version: 3)
        var response = StreamModel.response([])
        response.outputs += [
            tensor(name: "F", .fp32, [1, 1], [0.5 as Float]), tensor(name: "B", .bool, [2], [1, 0] as [UInt8]),
            tensor(name: "model_name", .bool, [1], [1] as [UInt8]), tensor(name: "p", .bool, [1], [1] as [UInt8]),
            OutputTensor(name: "S", dataType: .bytes, shape: [], bytes: BytesTensor.encode([Array("x\ny".utf8)])!),
        ]
        response.parameters = [
            Parameter(name: "p", value: .int64(-1)), Parameter(name: "p", value: .int64(2)),
            Parameter(name: "id", value: .bool(true)), Parameter(name: "q", value: .string("\n")),
        ]
        var buffer = ByteBuffer()
        try writer.write(response, into: &buffer)
        #expect(
            buffer.text
                == #"{"id":"a\"b","model_name":"m","model_version":"3","p":-1,"q":"\n","OUT":[],"F":0.5,"#
                + #""B":[true,false],"S":"x\ny"}"#
        )
    }

    @Test func theStatusIsThatOfTheFirstAnswer() {
        var stream = answers(.stream)
        #expect(stream.status == nil)
        stream.failed(ServingError(.notFound, "e"))
        stream.responded(StreamModel.response([1]))
        stream.ended()
        #expect(stream.status == .notFound)
        var taken = stream.takeWaiting()
        #expect(taken.readString(length: 21) == "data: {\"error\":\"e\"}\n\n")
        #expect(stream.waitingBytes == 0)
    }

    @Test func aSingleAnswerKeepsNothingOfWhatItWillNotSend() {
        var single = answers(.single)
        single.responded(StreamModel.response([1]))
        let bytes = single.waitingBytes
        for _ in 0..<100 { single.responded(StreamModel.response([1])) }
        single.failed(ServingError(.internalError, "e"))
        #expect(single.waitingBytes == bytes)
        single.ended()
        #expect(single.status == .ok)
        #expect(single.takeWaiting().text == "{\"error\":\"\(GenerateAnswers.notOneResponse)\"}")
    }

    @Test func aBacklogIsCutShortOnceBeyondItsLimit() {
        let response = StreamModel.response([1])
        let probe = GenerateBacklog(limit: .max)
        _ = probe.arrived(response)
        let cost = probe.waitingBytes
        let backlog = GenerateBacklog(limit: 2 * cost)
        // At the limit one more is let in; beyond it none is.
        #expect((0..<3).map { _ in backlog.arrived(response) } == [.pass, .pass, .pass])
        #expect((0..<3).map { _ in backlog.arrived(response) } == [.cutShort, .drop, .drop])
        backlog.printed(response, bytes: 10)
        #expect(backlog.waitingBytes == 2 * cost + 10)
        backlog.sent(2 * cost + 10)
        #expect(backlog.waitingBytes == 0)
    }
}
