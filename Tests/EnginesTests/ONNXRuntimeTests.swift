// SPDX-License-Identifier: Apache-2.0
import Engines
import Inference
import Testing

@Suite struct ONNXRuntimeTests {
    @Test func addsAndSubtractsABatchOfRequests() throws {
        let model = try TestEngine.onnx(TestEngine.source("addsub_fp32.onnx"))
        let first = makeRequest([fp32("INPUT0", [1, 4], [1, 2, 3, 4]), fp32("INPUT1", [1, 4], [1, 1, 1, 1])])
        let second = makeRequest([
            fp32("INPUT0", [2, 4], [5, 6, 7, 8, 9, 10, 11, 12]), fp32("INPUT1", [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
        ])
        let answers = model.instance.run([first, second])
        let one = try answers.outputs(0)
        #expect(one.map(\.name) == ["OUTPUT0", "OUTPUT1"])
        #expect(one[0].shape == [1, 4])
        #expect(one[0].bytes.elements(Float.self) == [2, 3, 4, 5])
        #expect(one[1].bytes.elements(Float.self) == [0, 1, 2, 3])
        let two = try answers.outputs(1)
        #expect(two[0].shape == [2, 4])
        #expect(two[0].bytes.elements(Float.self) == [6, 8, 10, 12, 14, 16, 18, 20])
        #expect(two[1].bytes.elements(Float.self) == [4, 4, 4, 4, 4, 4, 4, 4])
    }
}
