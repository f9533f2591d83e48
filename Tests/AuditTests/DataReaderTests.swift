// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("YAML and TOML")
struct DataReaderTests {
    @Test("Values have the places where they stand")
    func places() throws {
        let document = try #require(try DataReader.yaml("a:\n  b: [1, 'two']\n", file: "x.yaml").first)
        let two = try #require(document.root[path: "a", "b"]?.items.last)
        #expect(two.text == "two")
        #expect(two.place == Place("x.yaml", line: 2, column: 10))
        #expect(two.bool == nil)
    }

    @Test("An anchor that is used again and again is bounded")
    func bomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<9 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(throws: Unreadable.self) { try DataReader.yaml(text, file: "bomb.yaml") }
    }

    @Test("A key of TOML is found beneath its table")
    func tomlPlaces() throws {
        let text = "[project]\nname = 'x'\n\n[tool.bentoml.build]\nservice = 'service:svc'\n"
        let root = try DataReader.toml(text, file: "pyproject.toml").root
        let member = try #require(root[path: "tool", "bentoml", "build"]?.member("service"))
        #expect(member.value.text == "service:svc")
        #expect(member.keyPlace == Place("pyproject.toml", line: 5, column: 1))
    }

    @Test("Tables of the same name have places of their own, found in no more than one pass")
    func tomlArrays() throws {
        let count = 20_000
        let text = (0..<count).map { "[[package]]\nname = 'p\($0)'\n[package.source]\n  'url' = 'x'\n" }.joined()
        var limits = AuditLimits.defaults
        limits.nodes = 10 * count
        let start = ContinuousClock.now
        let packages = try DataReader.toml(text, file: "a.lock", limits: limits).root["package"]?.items ?? []
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(packages.count == count)
        let last = try #require(packages.last)
        #expect(last["name"]?.text == "p\(count - 1)" && last["name"]?.place.line == 4 * count - 2)
        #expect(last["source"]?.member("url")?.keyPlace == Place("a.lock", line: 4 * count, column: 3))
    }
}
