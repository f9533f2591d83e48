// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import SwiftProtobuf
import TestSupport
import Testing

/// Each limit at the limit and one beyond it.
@Suite struct RequestLimitTests {
    private func refusal(
        _ limit: (inout RequestLimits) -> Void,
        _ change: (inout Request) -> Void
    ) -> String? {
        var limits = RequestLimits(profile: .secure)
        limit(&limits)
        var request = Request.plain()
        change(&request)
        let bytes = request.bytes
        return message { () throws(ServingError) in _ = try decode(bytes, limits: limits) }
    }

    @Test(arguments: [3, 4])
    func inputs(count: Int) {
        let text = refusal({ $0.inputs = 3 }) {
            $0.inputs = (0..<count).map { .named("I\($0)", "FP32", [2]) }
            $0.rawInputContents = Array(repeating: $0.rawInputContents[0], count: 3)
        }
        #expect(text == (count > 3 ? "number of inputs in request exceeds the maximum of 3" : nil))
    }

    @Test(arguments: [3, 4])
    func elements(count: Int) {
        let text = refusal({ $0.elements = 3 }) {
            $0.inputs = [.named("INPUT", "FP32", [Int64(count)])]
            $0.rawInputContents = [.init(repeating: 0, count: count * 4)]
        }
        #expect(text == (count > 3 ? "input 'INPUT' has 4 elements, more than the maximum of 3" : nil))
    }

    /// What a model's own limits find in an envelope that the listener's let pass.
    @Test(
        arguments: [
            ("number of inputs in request exceeds the maximum of 1", \RequestLimits.inputs, 2),
            ("number of outputs in request exceeds the maximum of 2", \RequestLimits.outputs, 3),
            ("'id' of 4 bytes exceeds the maximum of 3 bytes", \RequestLimits.stringBytes, 4),
            (
                "request of 100 bytes exceeds the maximum allowed size of 99 bytes: --max-body-byte-size and "
                    + "--model-limit are the limits", \RequestLimits.bodyBytes, 100
            ),
        ] as [(String, any WritableKeyPath<RequestLimits, Int> & Sendable, Int)]
    )
    func envelopes(text: String, limit: any WritableKeyPath<RequestLimits, Int> & Sendable, count: Int) throws {
        var request = Request.plain(id: "four")
        request.inputs += [.named("I", "FP32", [2])]
        request.outputs = (0..<3).map { index in .with { $0.name = "O\(index)" } }
        var envelope = InferEnvelope()
        try envelope.read(TensorBytes(request.bytes), limits: RequestLimits(profile: .secure))
        for (bound, expected) in [(count, nil), (count - 1, text)] {
            var limits = RequestLimits.none
            limits[keyPath: limit] = bound
            #expect(message { () throws(ServingError) in try envelope.check(limits, bytes: 100) } == expected)
        }
    }

    @Test(arguments: [3, 4])
    func rawInputs(count: Int) {
        let text = refusal({ $0.inputs = 3 }) {
            $0.inputs = (0..<3).map { .named("I\($0)", "FP32", [2]) }
            $0.rawInputContents = Array(repeating: $0.rawInputContents[0], count: count)
        }
        #expect(text == (count > 3 ? "number of raw_input_contents in request exceeds the maximum of 3" : nil))
    }

    @Test(arguments: [3, 4])
    func outputs(count: Int) {
        let text = refusal({ $0.outputs = 3 }) {
            $0.outputs = (0..<count).map { index in .with { $0.name = "O\(index)" } }
        }
        #expect(text == (count > 3 ? "number of outputs in request exceeds the maximum of 3" : nil))
    }

    @Test(arguments: [3, 4])
    func dimensions(count: Int) {
        let text = refusal({ $0.dimensions = 3 }) { $0.inputs[0].shape = Array(repeating: 1, count: count) }
        #expect(text == (count > 3 ? "number of dimensions in request exceeds the maximum of 3" : nil))
    }

    @Test(arguments: [3, 4])
    func parameters(count: Int) {
        let parameters = Dictionary(
            uniqueKeysWithValues: (0..<count).map { ("p\($0)", Inference_InferParameter(.boolParam(true))) }
        )
        let text = count > 3 ? "number of parameters in request exceeds the maximum of 3" : nil
        #expect(refusal({ $0.parameters = 3 }) { $0.parameters = parameters } == text)
        #expect(refusal({ $0.parameters = 3 }) { $0.inputs[0].parameters = parameters } == text)
        let output = Request.InferRequestedOutputTensor.with { $0.parameters = parameters }
        #expect(refusal({ $0.parameters = 3 }) { $0.outputs = [output] } == text)
    }

    @Test(arguments: ["model_name", "id", "input", "output", "key", "value"])
    func strings(place: String) {
        for count in [16, 17] {
            let text = String(repeating: "n", count: count)
            let refused = refusal({ $0.stringBytes = 16 }) { request in
                switch place {
                case "model_name": request.modelName = text
                case "id": request.id = text
                case "input": request.inputs[0].name = text
                case "output": request.outputs = [.with { $0.name = text }]
                case "key": request.parameters[text] = .init(.boolParam(true))
                default: request.parameters["x"] = .init(.stringParam(text))
                }
            }
            let what = ["input": "name", "output": "name", "key": "parameters", "value": "parameters"][place] ?? place
            #expect(refused == (count > 16 ? "'\(what)' of 17 bytes exceeds the maximum of 16 bytes" : nil))
        }
    }
}
