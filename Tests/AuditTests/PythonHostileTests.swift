// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Testing

@Suite("Hostile Python sources")
struct PythonHostileTests {
    private static let hostile: [(name: String, source: String)] = [
        ("parentheses", String(repeating: "(", count: 100_000)),
        ("brackets", String(repeating: "[", count: 90) + "1" + String(repeating: "]", count: 90)),
        ("sum", "x = 1" + String(repeating: " + 1", count: 100_000)),
        ("power", "x = 1" + String(repeating: " ** 1", count: 5000)),
        ("not", "x = " + String(repeating: "not ", count: 50_000) + "1"),
        ("attributes", "x" + String(repeating: ".a", count: 50_000)),
        ("calls", "x" + String(repeating: "()", count: 50_000)),
        ("lambda", String(repeating: "lambda: ", count: 5000) + "1"),
        (
            "if",
            (0..<500).map { String(repeating: " ", count: $0) + "if a:\n" }.joined()
                + String(repeating: " ", count: 500) + "b"
        ),
        ("elif", "if a: b\n" + String(repeating: "elif a: b\n", count: 5000)),
        ("line", "x = '" + String(repeating: "a", count: 768 << 10) + "'"),
        ("NUL", "x = 1\0\ny = 2"),
        ("cookie", "# -*- coding: no-such-coding -*-\nx = 1"),
        ("python 2", "print 'x'\nexec 'y'"),
        ("calls without number", String(repeating: "f()\n", count: 200_000)),
        ("surrogate", "x = '\\ud800'; eval('\\ud800')\nf('\\ud800')\n("),
        ("f-string", "f'" + String(repeating: "{f\"", count: 60) + "'"),
    ]

    /// Each between two others, all read by one process.
    @Test("None keeps others from being read, and each is read or says why not", .timeLimit(.minutes(10)))
    func others() throws {
        var sources: [(path: String, text: String)] = [("first.py", "eval(a)\n")]
        for (name, text) in Self.hostile {
            sources.append((name, text))
            sources.append((name + ".after", "eval(b)\n"))
        }
        let results = try PythonProgram.reader.read(sources)
        try #require(results.count == sources.count)
        for (source, result) in zip(sources, results) {
            switch result {
            case .success(let module):
                #expect(module.path == source.path)
                if source.path.hasSuffix(".py") || source.path.hasSuffix(".after") {
                    #expect(module.calls.count == 1, "\(source.path)")
                }
            case .failure(let problem):
                #expect(Self.hostile.contains { $0.name == source.path }, "\(source.path): \(problem)")
                #expect(problem.place.file == source.path && !problem.message.isEmpty)
            }
        }
    }

    @Test("What makes the walk take for ever is given up", .timeLimit(.minutes(10)))
    func long() throws {
        // Each branch copies all names that there are.
        let names = (0..<20_000).map { "a\($0) = 1\n" }.joined()
        let branches = String(repeating: "if a0:\n    b = 1\n", count: 20_000)
        // Loops within loops, and functions that call all others.
        let loops =
            (0..<18).map { String(repeating: " ", count: $0) + "for a in b:\n" }.joined()
            + String(repeating: " ", count: 18) + "f(a)\n"
        let functions = (0..<300).map { index in
            "def f\(index)(x):\n" + (0..<100).map { "    f\($0)(x, \(index))\n" }.joined()
        }.joined()
        let results = try PythonProgram.reader.read([
            ("branches", names + branches), ("loops", loops), ("functions", functions),
        ])
        guard case .failure = results[0] else { Issue.record("it was read after all"); return }
        #expect(throws: Never.self) { try results[1].get() }
    }

    @Test("A source that ends the program is unreadable, and the rest is read by another")
    func crash() throws {
        let reader = PythonFactsReader { input in
            // As a program does that breaks at a source with this text.
            let breaking = Array("BREAK".utf8)
            var (whole, position) = ([UInt8](), 0)
            while position + 4 <= input.count {
                let count = input[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
                let source = input[position + 4..<position + 4 + count]
                if source.elementsEqual(breaking) { return try PythonProgram.run(whole) + Array("{\"calls\":[".utf8) }
                whole += input[position..<position + 4 + count]
                position += 4 + count
            }
            return try PythonProgram.run(whole)
        }
        let results = try reader.read([("a", "eval(x)"), ("b", "BREAK"), ("c", "eval(y)"), ("d", "BREAK")])
        #expect(results.map { (try? $0.get().calls.count) ?? -1 } == [1, -1, 1, -1])
        let many = try reader.read(Array(repeating: ("b", "BREAK"), count: 30))
        #expect(many.count == 30)
    }

    @Test("What all sources together may take ends, and the rest is told as not read")
    func time() throws {
        let reader = PythonFactsReader(time: .zero) { try PythonProgram.run($0) }
        let results = try reader.read([("a.py", "eval(x)"), ("b.py", "eval(y)")])
        try #require(results.count == 2)
        for (result, path) in zip(results, ["a.py", "b.py"]) {
            guard case .failure(let problem) = result else { Issue.record("\(path) was read"); continue }
            #expect(problem.place.file == path)
        }
    }

    @Test("Sources have a bound each, and together; what is beyond is named and the rest read")
    func bytes() {
        var limits = AuditLimits.defaults
        (limits.pythonSourceBytes, limits.pythonBytes) = (100, 250)
        let source = "eval(a)\n" + String(repeating: "#", count: 92)
        let tree = MemoryTree(
            ["a.py": source, "b.py": source + "#", "c.py": source, "d.py": source, "e.py": "x"].mapValues {
                Array($0.utf8)
            }
        )
        let result = Audit(limits: limits, python: PythonProgram.reader).run(tree)
        #expect(result.unreadable.map(\.place.file) == ["b.py", "d.py"])
        #expect(Set(result.findings.map(\.place.file)).isSuperset(of: ["a.py", "c.py"]))
    }

    @Test(
        "What the program prints is not believed",
        arguments: [
            "", "null", "[]", "{", "{}", "{\"calls\":1}", "{\"calls\":[}", "{\"error\":", "{\"calls\":[]} x", "\u{0}",
            String(repeating: "[", count: 100_000), "{\"calls\":" + String(repeating: "{\"a\":", count: 50),
            "{\"calls\":\"\\ud8\"}",
        ]
    )
    func answers(_ line: String) {
        guard case .failure(let problem) = PythonFacts.module(Array(line.utf8)[...], path: "a.py") else {
            Issue.record("\(line.prefix(100)) was taken")
            return
        }
        #expect(problem.place.file == "a.py")
    }

    @Test("Values that hold each other many times over are not told without end", .timeLimit(.minutes(10)))
    func nestedValues() {
        func dictionary(_ of: (Int) -> String) -> String {
            "{" + (0..<64).map { "'k\($0)': \(of($0))" }.joined(separator: ", ") + "}\n"
        }
        let levels = (1..<8).map { level in "d\(level) = " + dictionary { _ in "d\(level - 1)" } }
        let few = "d0 = " + dictionary(String.init) + levels.joined() + "f(d7)\n"
        #expect(throws: Never.self) { try PythonProgram.module(few) }
        let many = few + String(repeating: "f(d7)\n", count: 19_000)
        #expect(throws: Unreadable.self) { try PythonProgram.module(many) }
        let texts =
            "t = '" + String(repeating: "x", count: 4000) + "'\n" + String(repeating: "f(t, t, t)\n", count: 19_000)
        #expect(throws: Unreadable.self) { try PythonProgram.module(texts) }
    }

    @Test("Members of another kind are left out")
    func strangeMembers() throws {
        let line =
            #"{"calls":[1,{"n":2},{"n":"f","l":-1,"c":99999999999999999999,"a":{"s":1}}],"#
            + #""handlers":[{"n":"g","h":"?"}]}"#
        let plain = line.replacingOccurrences(of: "99999999999999999999", with: "0")
        let module = try PythonFacts.module(Array(plain.utf8)[...], path: "a.py").get()
        #expect(module.calls.map(\.name) == ["f"] && module.handlers.isEmpty)
        #expect(module.calls.first?.place == Place("a.py"))
        #expect(throws: Unreadable.self) { try PythonFacts.module(Array(line.utf8)[...], path: "a.py").get() }
    }
}
