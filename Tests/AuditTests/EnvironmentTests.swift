// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Python environments of models")
struct EnvironmentTests {
    private func rules(_ setting: String, backend: String = "python") -> Set<String> {
        let config = """
            name: "m"
            backend: "\(backend)"
            parameters { key: "EXECUTION_ENV_PATH" value: { string_value: "\(setting)" } }
            """
        let library: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 64)
        let files: [String: [UInt8]] = [
            "m/config.pbtxt": Array(config.utf8), "m/env/lib/native.so": library, "m/1/native.so": library,
        ]
        let found = Audit().run(MemoryTree(files)).findings.filter { $0.rule == "BKL-M002" }
        return Set(found.map(\.place.file))
    }

    @Test(
        "What an environment in the model's directory holds is not looked into, whatever lies beside it is",
        arguments: ["env", "$$TRITON_MODEL_DIRECTORY/env", "./env/"]
    )
    func environment(_ setting: String) { #expect(rules(setting) == ["m/1/native.so"]) }

    @Test(
        "Calling a model an environment hides nothing of it",
        arguments: ["1", "$$TRITON_MODEL_DIRECTORY/1", "./1", ".", "", "/env", "env/../1", "../m/1", "1/"]
    )
    func hiding(_ setting: String) { #expect(rules(setting) == ["m/1/native.so", "m/env/lib/native.so"]) }

    @Test("Only Python models have one")
    func others() { #expect(rules("env", backend: "onnxruntime").count == 2) }
}
