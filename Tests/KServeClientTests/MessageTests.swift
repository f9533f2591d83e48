// SPDX-License-Identifier: Apache-2.0
import Inference
import KServeClient
import Testing

@Suite struct MessageTests {
    private let tensors = [
        ClientTensor(name: "A", dataType: .int16, shape: [2], bytes: [1, 0, 2, 0]),
        ClientTensor(name: "B", dataType: .bytes, shape: [1], bytes: [1, 0, 0, 0, 0x78]),
    ]

    @Test func jsonCarriesTheData() throws {
        let message = try InferenceMessage(inputs: tensors, encoding: .json, id: "7")
        #expect(message.headerLength == nil)
        #expect(
            String(decoding: message.body, as: UTF8.self)
                == #"{"id":"7","inputs":[{"name":"A","shape":[2],"datatype":"INT16","data":[1,2]},"#
                + #"{"name":"B","shape":[1],"datatype":"BYTES","data":["x"]}]}"#
        )
        #expect(try InferenceMessage.inputs(ofRequest: JSONReader.parse(message.body)) == tensors)
    }

    @Test func bytesFollowTheHeader() throws {
        let outputs = [RequestedOutput(name: "Y", classificationCount: 3)]
        let message = try InferenceMessage(inputs: tensors, outputs: outputs, encoding: .binary)
        let length = try #require(message.headerLength)
        #expect(Array(message.body[length...]) == [1, 0, 2, 0, 1, 0, 0, 0, 0x78])
        let header = try JSONReader.parse(Array(message.body[..<length]))
        #expect(header["inputs"]?.elements?[1]["parameters"]?["binary_data_size"] == .integer(5))
        #expect(header["outputs"]?.elements?[0]["parameters"]?["classification"] == .integer(3))
        #expect(message.headers.contains { $0 == ("Inference-Header-Content-Length", String(length)) })
    }

    @Test func jsonRefusesHalves() {
        let half = ClientTensor(name: "H", dataType: .fp16, shape: [1], bytes: [0, 0])
        #expect(throws: ClientError.self) { try InferenceMessage(inputs: [half], encoding: .json) }
    }

    @Test func readsMixedAnswers() throws {
        let header =
            #"{"model_name":"m","model_version":"2","outputs":[{"name":"Y","datatype":"INT8","shape":[2],"#
            + #""parameters":{"binary_data_size":2}},{"name":"Z","datatype":"FP32","shape":[1],"data":[1.5]}]}"#
        let answer = try InferenceAnswer(headerLength: header.utf8.count, body: Array(header.utf8) + [3, 4])
        #expect(answer.modelVersion == "2")
        #expect(answer.outputs[0].bytes == [3, 4])
        #expect(try answer.outputs[1].elements() == [.number(1.5)])
    }

    @Test(arguments: [
        ("{}", nil as Int?), ("not json", nil), (#"{"outputs":[{"name":"Y"}]}"#, nil),
        (#"{"outputs":[]}xx"#, 14), (#"{"outputs":[]}"#, 15), (#"{"outputs":[]}"#, -1),
        (#"{"outputs":[{"name":"Y","datatype":"INT8","shape":[9],"parameters":{"binary_data_size":9}}]}"#, nil),
        (#"{"outputs":[{"name":"Y","datatype":"INT8","shape":[1],"parameters":{"binary_data_size":-1}}]}"#, nil),
    ])
    func refusesAnswers(_ body: String, headerLength: Int?) {
        #expect(throws: ClientError.self) {
            try InferenceAnswer(headerLength: headerLength, body: Array(body.utf8))
        }
    }
}
