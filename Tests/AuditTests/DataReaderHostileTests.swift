// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Hostile YAML and TOML", .timeLimit(.minutes(10)))
struct DataReaderHostileTests {
    private static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static let deepTOML: [(name: String, text: String)] = [
        ("header", "[" + times("a.", 30_000) + "a]\n"), ("array of tables", "[[" + times("a.", 100_000) + "a]]\n"),
        ("key", times("a.", 100_000) + "a=1\n"), ("quoted", times("'a' . \"b\".", 50_000) + "a=1\n"),
        ("array", "a=" + times("[", 100_000)), ("inline", "a=" + times("{a=", 100_000)),
        ("names within inline tables", "a=" + times("{" + times("a.", 30) + "a=", 200)),
        ("after a string", "a='''x'''''\n[" + times("a.", 30_000) + "a]\n"),
        ("beside a string", "a=['''x'''',{" + times("a.", 30_000) + "a=1}]\n"),
        ("after an escape", "a=\"\\\\\"#\"\n" + times("a.", 30_000) + "a=1\n"),
        ("after many quotes", "a=\"\"\"\\\"\"\"\"\"\"\n" + times("a.", 30_000) + "a=1\n"),
        ("after quotes in a comment", "# '''\r\n" + times("a.", 30_000) + "a=1\n"),
    ]

    @Test("TOML that nests without end is unreadable", arguments: deepTOML.map(\.name))
    func nestedTOML(_ name: String) throws {
        let text = try #require(Self.deepTOML.first { $0.name == name }?.text)
        let error = #expect(throws: Unreadable.self) { try DataReader.toml(text, file: "a.toml") }
        #expect(error?.message == "the file nests values more than 64 deep")
    }

    @Test(
        "What is in strings and comments is no nesting",
        arguments: [
            "a='" + times("a.", 1000) + "'\n", "a=\"" + times("[\\\"", 1000) + "\"\n# " + times("{", 1000),
            "a='''\n" + times("''[[a.a\n", 1000) + "'''\nb=1\n", "a=\"\"\"" + times("\\\"\"\" .", 1000) + "\"\"\"\n",
            "'" + times(".", 1000) + "'=1\n", "a=[" + times("1.5,\n", 1000) + "]\n", times("[[a]]\nb.c='d'\n", 1000),
            "a=''\nb=\"\"\n# [[[\nc=''''''\n",
            "a={b=" + times("[", 50) + times("]", 50) + "}\n" + times("b.", 60) + "c=1\n",
        ]
    )
    func flatTOML(_ text: String) throws {
        #expect(try !DataReader.toml(text, file: "a.toml").root.members.isEmpty)
    }

    @Test("TOML is read in time that grows with its bytes alone", .timeLimit(.minutes(2)))
    func linearTOML() throws {
        var limits = AuditLimits.defaults
        limits.nodes = 1_000_000
        let count = 20_000
        let texts = [
            "a={" + (0..<count).map { "k\($0)=1" }.joined(separator: ",") + "}",
            (0..<count).map { "k\($0)=1\n" }.joined(), "a=[" + Self.times("{},", count) + "]",
            (0..<count / 10).map { "[" + Self.times("a.", 60) + "k\($0)]\n" }.joined(),
            Self.times("[[a]]\n[a.b]\n", count), Self.times("\n", 1_000_000) + "a=1" + Self.times(" ", 1_000_000),
            "a='" + Self.times("x", 1_000_000) + "'", "a=" + Self.times("1", 1_000_000) + ".0",
        ]
        for text in texts {
            #expect(try !DataReader.toml(text, file: "a.toml", limits: limits).root.members.isEmpty)
        }
    }

    @Test("Marks without end on one character, which Swift would put in order, are not read", .timeLimit(.minutes(1)))
    func marksTOML() throws {
        let marks = Self.times("\u{301}\u{323}", 500_000)
        let escaped = Self.times(#"\u0301\u0323"#, 16)
        for text in ["'a\(marks)'=1", "a='a\(marks)'", "a='''\n\(marks)'''", "a=\"\(escaped)\""] {
            #expect(throws: Unreadable.self) { try DataReader.toml(text, file: "a.toml") }
        }
        let some = "'a\(Self.times("\u{301}\u{323}", 15))'=1"
        #expect(throws: Never.self) { try DataReader.toml(some, file: "a.toml") }
    }

    @Test("Values and bytes of TOML have bounds")
    func sizesTOML() {
        var limits = AuditLimits.defaults
        (limits.nodes, limits.textBytes) = (100, 2000)
        for text in ["a=[" + Self.times("1,", 900) + "]", Self.times("#", 2001), "a=1\n\0b=2\n"] {
            #expect(throws: Unreadable.self) { try DataReader.toml(text, file: "a.toml", limits: limits) }
        }
        #expect(throws: Never.self) {
            try DataReader.toml("a=[" + Self.times("1,", 90) + "]", file: "a.toml", limits: limits)
        }
    }

    @Test(
        "YAML and JSON that nest without end are unreadable",
        arguments: ["[", "{a: ", "? ", "- ", "{\"a\":", "[[", "? - ", "!a [", "{? "]
    )
    func deepYAML(_ part: String) {
        #expect(throws: Unreadable.self) { try DataReader.yaml(Self.times(part, 100_000), file: "a.yaml") }
        #expect(throws: Unreadable.self) { try DataReader.yaml(Self.times(part, 100), file: "a.yaml") }
    }

    /// Anchors that stand for 10 to the tenth values.
    private static let bomb =
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + (1..<10).map { "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ", "))]\n" }
        .joined()

    @Test(
        "An anchor in a key is not expanded to be compared with other keys",
        arguments: [
            "*a9 : 1\n", "? *a9\n: 1\n", "b: {*a9 : 1}\n", "b: [*a9: 1]\n", "b: [*a9:1]\n", "? [*a9]\n: 1\n",
            "b: {[*a9]: 1}\n", "b: [[*a9]: 1]\n", "? {b: *a9}\n: 1\n", "b: [? *a9 : 1]\n", "? b: *a9\n: 1\n",
        ]
    )
    func bombInKey(_ key: String) {
        #expect(throws: Unreadable.self) { try DataReader.yaml(Self.bomb + key, file: "a.yaml") }
    }

    @Test("Directives and explicit keys have bounds")
    func quadraticYAML() {
        let tags = (0..<300_000).map { "%TAG !a\($0)! b\n" }.joined() + "--- a\n"
        let keys = Self.times("? ", 900) + "[" + Self.times("a,", 1_000_000) + "]"
        for text in [tags, keys] {
            #expect(throws: Unreadable.self) { try DataReader.yaml(text, file: "a.yaml") }
        }
    }

    @Test(
        "Anchors, stars, question marks and tags in ordinary places are read",
        arguments: [
            "a: &a {x: '*', y: 1}\nb: {<<: *a}\nc:\n  <<: [*a]\n",
            "a: &a [1, \"*a\", b**]\n'*': *a\n\"*b\": [*a, *a]\n",
            "? a\n: &b 1\n? c\n: *b\n", "a: &a |\n  *a: b ? c\n  [*a]: d\nb: what? *c\n",
            "%TAG !a! b\n---\na: !a!b c\n", "a: &a-b_1 x\nb: [*a-b_1, {c: *a-b_1}]\n",
        ]
    )
    func ordinaryYAML(_ text: String) throws {
        #expect(try DataReader.yaml(text, file: "a.yaml").count == 1)
    }

    @Test(
        "Marks without end on one character are refused before anything compares them",
        arguments: ["a: \"b\(Self.times("\u{301}", 2000))\"\n", "a: \"b\(Self.times("\\u0301", 2000))\"\n"]
    )
    func marks(_ text: String) {
        let result = Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)]))
        #expect(result.unreadable.map(\.message) == ["a character of the file has more than 30 marks on it"])
        let ordinary = "a: \"e\\u0301\(Self.times("\\u4e2d", 100))\(Self.times("e\u{301}", 100))\"\n"
        #expect(Audit().run(MemoryTree(["compose.yaml": Array(ordinary.utf8)])).unreadable.isEmpty)
    }

    @Test("What an anchor stands for counts with its bytes, each time")
    func repeatedBytes() throws {
        var limits = AuditLimits.defaults
        // Keys count too, and there are three.
        limits.valueBytes = 3 * 1000 + 3
        let text = "a: &t " + Self.times("x", 1000) + "\nb: *t\nc: *t\n"
        #expect(try DataReader.yaml(text, file: "a.yaml", limits: limits).count == 1)
        limits.valueBytes -= 1
        let error = #expect(throws: Unreadable.self) { try DataReader.yaml(text, file: "a.yaml", limits: limits) }
        #expect(error?.message == "the file's values have more than 3002 bytes, anchors counted each time")
    }

    @Test("A wide map is searched in time that grows with its bytes alone", .timeLimit(.minutes(1)))
    func wideMaps() {
        let json = "{" + (0..<30_000).map { "\"t\($0)\": \($0)" }.joined(separator: ",") + "}"
        let toml = "[a]\n" + (0..<30_000).map { "k\($0)=1\n" }.joined()
        for (path, text) in [("vocab.json", json), ("a.yaml", json), ("a.toml", toml)] {
            #expect(Audit().run(MemoryTree([path: Array(text.utf8)])).findings.isEmpty)
        }
    }
}
