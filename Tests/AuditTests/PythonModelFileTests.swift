// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Programs of Python models")
struct PythonModelFileTests {
    private func rules(_ file: String, _ field: String) -> Set<String> {
        let config = "name: \"m\"\nbackend: \"python\"\n\(field)\n"
        let code =
            "import os\nclass TritonPythonModel:\n    def execute(self, requests):\n"
            + "        os.system(requests[0].as_numpy().tobytes().decode())\n"
        let files = ["m/config.pbtxt": Array(config.utf8), "m/1/\(file)": Array(code.utf8)]
        return Set(Audit(python: PythonProgram.reader).run(MemoryTree(files)).findings.map(\.rule))
    }

    @Test("Code is read under whatever name a model gives it")
    func names() {
        #expect(rules("model.py", "").contains("BKL-P004"))
        #expect(rules("weights.bin", "default_model_filename: \"weights.bin\"").contains("BKL-P004"))
        #expect(rules("a/b.txt", "default_model_filename: \"a/b.txt\"").contains("BKL-P004"))
        #expect(!rules("notes.txt", "").contains("BKL-P004"))
    }
}
