// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Testing

@testable import KServeClient

/// Messages as the protobuf library behind tritonclient 2.73 writes and reads them.
@Suite struct ModelMessageTests {
    private static let answer = """
        0a016d1201311a0171221b0a15747269746f6e5f66696e616c5f726573706f6e7365120208002a0d0a01411205494e5431361a01022a0d0a01\
        42120542595445531a010132040100ffff3206020000006869
        """
    private static let typedAnswer = """
        0a016d1201311a0171221b0a15747269746f6e5f66696e616c5f726573706f6e7365120208002a1c0a01411205494e5431361a01022a0d\
        120b01ffffffffffffffffff012a130a0142120542595445531a01012a0442026869
        """
    private static let finalAnswer =
        "12200a016d221b0a15747269746f6e5f66696e616c5f726573706f6e736512020801"
    private static let failure = "0a0362616412031a0131"

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    private static func streamed(_ response: String) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.append(2, bytes: bytes(response))
        return writer.bytes
    }

    @Test func writesARequest() throws {
        let input = ClientTensor(name: "X", dataType: .fp32, shape: [1, 300], bytes: [1, 2])
        var message = ModelInferMessage(modelName: "m", modelVersion: "2", inputs: [input])
        message.id = "q"
        message.parameters = [JSONMember("priority", .integer(-3))]
        message.outputs = [RequestedOutput(name: "Y", classificationCount: 3)]
        let expected = """
            0a016d1201321a017122170a087072696f72697479120b10fdffffffffffffffff012a0e0a01581204465033321a0301ac0232190a0159\
            12140a0e636c617373696669636174696f6e120210033a020102
            """
        #expect(try message.serialized() == Self.bytes(expected))
        message.parameters = [JSONMember("list", .array([]))]
        #expect(throws: ClientError.self) { try message.serialized() }
    }

    @Test func takesARequestFromItsJSON() throws {
        let text = """
            {"id":"a","parameters":{"binary_data_output":true,"n":2},
             "inputs":[{"name":"X","shape":[2],"datatype":"INT8","data":[1,2]}],
             "outputs":[{"name":"Y","parameters":{"classification":4}}]}
            """
        let document = try JSONReader.parse(Array(text.utf8))
        let message = try ModelInferMessage(modelName: "m", modelVersion: nil, document: document)
        #expect(message.id == "a")
        #expect(message.parameters == [JSONMember("n", .integer(2))])
        #expect(message.inputs.first?.bytes == [1, 2])
        #expect(message.outputs.first?.classificationCount == 4)
    }

    @Test(arguments: [answer, typedAnswer])
    func readsAnAnswer(_ hex: String) throws {
        let answer = try InferenceAnswer(modelInferResponse: Self.bytes(hex)[...])
        #expect(answer.modelName == "m")
        #expect(answer.id == "q")
        #expect(
            answer.outputs == [
                ClientTensor(name: "A", dataType: .int16, shape: [2], bytes: [1, 0, 0xFF, 0xFF]),
                ClientTensor(name: "B", dataType: .bytes, shape: [1], bytes: [2, 0, 0, 0, 0x68, 0x69]),
            ]
        )
        #expect(answer.header["parameters"]?["triton_final_response"] == .bool(false))
    }

    @Test func noAnswerIsReadFromAPartOfOne() {
        let whole = Self.bytes(Self.answer)
        for length in 1..<whole.count {
            // Cut between fields it is a message, but one whose tensors do not add up.
            guard let answer = try? InferenceAnswer(modelInferResponse: whole.prefix(length)) else { continue }
            #expect(answer.outputs.count < 2 || answer.outputs.allSatisfy(\.bytes.isEmpty))
        }
    }

    @Test func scansStreamedAnswers() throws {
        let plain = try #require(StreamedAnswerScan(ByteBuffer(bytes: Self.streamed(Self.answer))))
        #expect(!plain.isFinal && plain.hasOutputs && !plain.isError)
        let last = try #require(StreamedAnswerScan(ByteBuffer(bytes: Self.bytes(Self.finalAnswer))))
        #expect(last.isFinal && !last.hasOutputs && !last.isError)
        let failed = try #require(StreamedAnswerScan(ByteBuffer(bytes: Self.bytes(Self.failure))))
        #expect(failed.isError)
        let unmarked = try #require(StreamedAnswerScan(ByteBuffer(bytes: [0x12, 3, 0x2A, 1, 0])))
        #expect(unmarked.isFinal && unmarked.hasOutputs)
        for bytes in [[0x12, 3, 0x2A, 2, 0], [0x0B], [0x12, 200], [0x12, 1, 0x80]] as [[UInt8]] {
            #expect(StreamedAnswerScan(ByteBuffer(bytes: bytes)) == nil)
        }
    }

    @Test func readsStreamedAnswers() throws {
        guard
            case .response(let answer, isFinal: false) = try StreamedAnswer(
                modelStreamInferResponse: Self.streamed(Self.answer)
            )
        else {
            Issue.record("expected a response that is not the last")
            return
        }
        #expect(answer.outputs.count == 2)
        guard case .failed("bad") = try StreamedAnswer(modelStreamInferResponse: Self.bytes(Self.failure)) else {
            Issue.record("expected a failure")
            return
        }
    }

    @Test func statisticsLookAsOverHTTP() throws {
        let hex = "0a250a016d120131208180808080808080800132070a05080710d8364a090a0130120432020805"
        let model = try #require(
            ProtobufSchema.modelStatistics.json(Self.bytes(hex)[...])["model_stats"]?.elements?.first
        )
        #expect(model["name"]?.text == "m")
        #expect(model["inference_count"] == .unsigned(1 << 63 + 1))
        #expect(model["execution_count"] == .integer(0))
        #expect(model["inference_stats"]?["success"]?["ns"] == .integer(7000))
        #expect(model["inference_stats"]?["fail"]?["count"] == .integer(0))
        #expect(model["response_stats"]?["0"]?["cancel"]?["count"] == .integer(5))
        #expect(model["batch_stats"] == .array([]))
    }
}
