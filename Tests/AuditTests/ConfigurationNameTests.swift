// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Configurations of other names")
struct ConfigurationNameTests {
    private static let plain = "name: \"m\"\nbackend: \"onnxruntime\"\n"

    private func found(_ files: [String: String]) -> Set<String> {
        let all = files.merging(["r/m/config.pbtxt": Self.plain]) { first, _ in first }
        let result = Audit().run(MemoryTree(all.mapValues { Array($0.utf8) }))
        return Set(result.findings.map { "\($0.rule) \($0.place.file)" })
    }

    @Test("What --model-config-name may choose is judged too")
    func custom() {
        let many = Self.plain + "instance_group [ { count: 100 } ]\n"
        #expect(found(["r/m/configs/large.pbtxt": many]) == ["BKL-R011 r/m/configs/large.pbtxt"])
        #expect(found(["r/m/configs/bad.pbtxt": "nonsense {"]) == ["BKL-R001 r/m/configs/bad.pbtxt"])
        // One that cannot be read hides none of the others.
        #expect(
            found([
                "r/m/configs/large.pbtxt": many,
                "r/m/configs/a.pbtxt": "\u{301}" + String(repeating: "\u{301}", count: 10_000),
            ])
                == ["BKL-R011 r/m/configs/large.pbtxt"]
        )
        #expect(found(["r/m/other/large.pbtxt": many, "r/m/configs/deep/large.pbtxt": many]).isEmpty)
    }
}
