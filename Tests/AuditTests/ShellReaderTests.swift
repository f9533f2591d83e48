// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Shell")
struct ShellReaderTests {
    private func words(_ text: String) -> [[String]] {
        ShellReader.commands(SourceText(text, file: "a.sh")).map { $0.words.map(\.text) }
    }

    @Test(
        "Words and commands",
        arguments: [
            ("a b  c", [["a", "b", "c"]]),
            ("a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]),
            ("a \\\n b", [["a", "b"]]),
            ("a\\\nb", [["ab"]]),
            ("a; b && c || d | e & f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
            ("a # b\nc#d", [["a"], ["c#d"]]),
            ("a \"it's\" 'say \"x\"'", [["a", "it's", "say \"x\""]]),
            ("a \"x\\\"y\\n\"", [["a", "x\"y\\n"]]),
            ("a $'b' ${X:-c d} $(e f) `g`", [["a", "b", "${X:-c d}", "$(e f)", "`g`"]]),
            ("a > /dev/null 2>&1 < b >>c", [["a"]]),
            ("if a; then b; else c; fi", [["a"], ["b"], ["c"]]),
            ("while ! a; do b; done", [["a"], ["b"]]),
            ("{ a; }; (b)", [["a"], ["b"]]),
            ("cat <<EOF | b\nx y\nEOF\nc", [["cat"], ["b"], ["c"]]),
            ("cat <<-'END' x\n\ty\n\tEND\nc", [["cat", "x"], ["c"]]),
            ("cat <<A <<B\n1\nA\n2\nB\nc", [["cat"], ["c"]]),
            ("cat <<EOF\nno end", [["cat"]]),
            ("cat <<< 'x' y", [["cat", "y"]]),
            ("\"unclosed", [["unclosed"]]),
            ("a &> b", [["a"]]),
            ("a\r\nb\r\n", [["a"], ["b"]]),
            ("", []),
        ] as [(String, [[String]])]
    )
    func commands(_ text: String, _ expected: [[String]]) { #expect(words(text) == expected) }

    @Test("Assignments before a command are its own")
    func assignments() throws {
        let command = try #require(ShellReader.commands(SourceText("A=1 B='x y' run C=2", file: "a.sh")).first)
        #expect(command.assignments.map(\.name) == ["A", "B"])
        #expect(command.assignments.map(\.value.text) == ["1", "x y"])
        #expect(command.words.map(\.text) == ["run", "C=2"])
        #expect(command.assignments[1].value.place.column == 7)
    }

    @Test("Connectors and redirections")
    func connectors() throws {
        let commands = ShellReader.commands(SourceText("a | b && c || d 2>> /x", file: "a.sh"))
        #expect(commands.map(\.connector) == [.pipe, .and, .or, .end])
        let redirection = try #require(commands.last?.redirections.first)
        #expect(redirection.symbol == ">>")
        #expect(redirection.target.text == "/x")
    }

    @Test("Words have the places where they stand, also on continued lines")
    func places() throws {
        let command = try #require(ShellReader.commands(SourceText("a \\\n  --b=c", file: "a.sh")).first)
        #expect(command.words[1].place == Place("a.sh", line: 2, column: 3, length: 5))
    }

    @Test(
        "What is run in the end",
        arguments: [
            ("sudo -u app -E a b", ["a", "b"]),
            ("env -i X=1 a", ["a"]),
            ("exec nohup nice -n 5 a", ["a"]),
            ("timeout -k 5 10 a b", ["a", "b"]),
            ("tini -- a", ["a"]),
            ("gosu app:app a", ["a"]),
            ("sudo", ["sudo"]),
        ] as [(String, [String])]
    )
    func wrappers(_ text: String, _ expected: [String]) {
        let sequences = ShellReader.sequences(SourceText(text, file: "a.sh"))
        #expect(sequences.first?.first?.words.map(\.text) == expected)
    }

    @Test(
        "Scripts within scripts",
        arguments: [
            "sh -c 'a b'", "bash -euo pipefail -c \"a b\"", "x \"$(a b)\"", "x `a b`", "sudo sh -c 'sh -c \"a b\"'",
            "bash <(a b)", "bash -o pipefail -ec 'a b'", "Y=$(a b)",
        ]
    )
    func inner(_ text: String) {
        let all = ShellReader.sequences(SourceText(text, file: "a.sh")).joined().map { $0.words.map(\.text) }
        #expect(all.contains(["a", "b"]), "\(all)")
    }

    @Test("Nesting without end is bounded")
    func nesting() {
        let deep = String(repeating: "$(", count: 20_000)
        #expect(ShellReader.commands(SourceText("a " + deep, file: "a.sh")).count == 1)
        let many = String(repeating: "sudo ", count: 20_000) + "a"
        #expect(ShellReader.sequences(SourceText(many, file: "a.sh")).count == 1)
        let quotes = String(repeating: "\"$(sh -c '", count: 2000)
        #expect(!ShellReader.sequences(SourceText(quotes, file: "a.sh")).isEmpty)
    }
}
