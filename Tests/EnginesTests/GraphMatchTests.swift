// SPDX-License-Identifier: Apache-2.0
import Engines
import Inference
import Testing

/// Triton's texts for a configuration that does not fit the model.
@Suite struct GraphMatchTests {
    struct Case: Sendable {
        var file = "addsub_fp32.onnx"
        var maxBatchSize = 8
        var message: String
        var adjust: @Sendable (inout EngineModelConfiguration) -> Void
    }

    static let cases: [Case] = [
        Case(message: "unable to load model 'm', configuration expects 1 inputs, model provides 2") {
            $0.inputs.removeLast()
        },
        Case(message: "unexpected inference input 'X', allowed inputs are: INPUT0, INPUT1") { $0.inputs[0].name = "X" },
        Case(message: "unexpected inference output 'X', allowed outputs are: OUTPUT0, OUTPUT1") {
            $0.outputs[1].name = "X"
        },
        Case(
            message: "unable to load model 'm', configuration expects datatype TYPE_INT32 for input 'INPUT1', "
                + "model provides TYPE_FP32"
        ) { $0.inputs[1].dataType = .int32 },
        Case(
            message: "model 'm', tensor 'INPUT0': the model expects 2 dimensions (shape [-1,4]) but the model "
                + "configuration specifies 3 dimensions (an initial batch dimension because max_batch_size > 0 followed "
                + "by the explicit tensor shape, making complete shape [-1,4,4])"
        ) { $0.inputs[0].shape = [4, 4] },
        Case(
            maxBatchSize: 0,
            message: "model 'm', tensor 'OUTPUT0': the model expects 2 dimensions (shape [-1,4]) but the model "
                + "configuration specifies 2 dimensions (shape [-1,5])"
        ) { $0.outputs[0].shape = [-1, 5] },
        Case(
            file: "fixed.onnx",
            message: "model 'm', tensor 'INPUT0': for the model to support batching the shape should have at least 1 "
                + "dimension and the first dimension must be -1; but shape expected by the model is [2,3]"
        ) { _ in },
    ]

    @Test(arguments: cases)
    func saysWhatDiffers(_ test: Case) throws {
        let error = #expect(throws: ServingError.self) {
            try TestEngine.onnx(TestEngine.source(test.file), maxBatchSize: test.maxBatchSize, adjust: test.adjust)
        }
        #expect(error?.message == test.message)
        #expect(error?.code == .invalidArgument)
    }

    @Test func aConfigurationMayLeaveOutputsOut() throws {
        let model = try TestEngine.onnx(TestEngine.source("addsub_fp32.onnx")) { $0.outputs.removeFirst() }
        let answers = model.instance.run([
            makeRequest([fp32("INPUT0", [1, 4], [5, 5, 5, 5]), fp32("INPUT1", [1, 4], [1, 2, 3, 4])])
        ])
        #expect(try answers.outputs().map(\.name) == ["OUTPUT1"])
        #expect(try answers.outputs()[0].bytes.elements(Float.self) == [4, 3, 2, 1])
    }
}
