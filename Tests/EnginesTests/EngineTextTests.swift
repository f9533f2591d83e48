import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Engines

/// What the engine says may name files of the machine that it was built or runs on.
@Suite struct EngineTextTests {
    @Test(arguments: [
        ("Got invalid dimensions for input: X", "Got invalid dimensions for input: X"),
        ("fix either the inputs/outputs or the model.", "fix either the inputs/outputs or the model."),
        ("/onnxruntime_src/core/a.cc:12 void f()", "<path>:12 void f()"),
        ("open \"/home/user/model.onnx\" failed", "open \"<path>\" failed"),
        ("open ../x failed\nat 0x7ffe12345678", "open <path> failed at <address>"),
        ("a\\b\\c", "<path>"),
    ])
    func isFitForAClient(text: String, expected: String) {
        #expect(EngineText.forClient(text) == expected)
    }

    @Test func isCut() {
        #expect(EngineText.forClient(String(repeating: "a b ", count: 1000)).utf8.count <= EngineText.limit + 4)
    }
}
