// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct CrashReportTests {
    private func text(_ requests: [InferenceRequest], lastLines: [String] = []) -> String {
        CrashReport(cause: "was ended by signal 11", requests: requests, lastLines: lastLines).text
    }

    @Test func namesShapesAndHowManyHadThem() {
        let one = makeRequest([fp32("X", [1, 2], [123456, 2])])
        let other = makeRequest([fp32("X", [2], [3, 4]), fp32("Y", [1], [5])])
        #expect(
            text([one, other, one], lastLines: ["a", "b"])
                == "its worker failed with 3 requests in flight: was ended by signal 11; "
                + "in hand: 2 of (X FP32 [1,2]), 1 of (X FP32 [2], Y FP32 [1]); it last printed: a | b"
        )
        #expect(text([]) == "its worker failed with 0 requests in flight: was ended by signal 11")
    }

    @Test func staysShort() {
        let inputs = (0..<100).map { fp32("X\($0)", [1], [1]) }
        #expect(text([makeRequest(inputs)]).hasSuffix("X3 FP32 [1], 96 more)"))
        let requests = (1...100).map { makeRequest([fp32("X", [Int64($0)], [Float](repeating: 0, count: $0))]) }
        #expect(text(requests).hasSuffix(", 96 other shapes"))
    }
}
