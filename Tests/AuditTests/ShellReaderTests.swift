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
            ("a $'\\x2d\\x62' $'it\\'s' $'\\055c'", [["a", "-b", "it's", "-c"]]),
            ("((x<<2))\na\n2\nb", [["x"], ["2"], ["a"], ["2"], ["b"]]),
            ("((cat <<A\nx\nA\n); b)", [["cat"], ["A"], ["x"], ["A"], ["b"]]),
            ("function f { a; }; g() { b; }", [["a"], ["g"], ["b"]]),
            ("time -p a; coproc b", [["a"], ["b"]]),
            ("cat << > x\na", [["cat"], ["a"]]),
            ("X=(a b) Y+=c d; X+=(e\n f) g", [["d"], ["g"]]),
            ("case $x in a) b;; (c) d;; esac", [["case", "$x", "in", "a"], ["b"], ["c"], ["d"]]),
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

    /// What is run in the end, all of it.
    private func run(_ text: String) -> [[String]] {
        ShellReader.sequences(SourceText(text, file: "a.sh")).joined().map { $0.words.map(\.text) }
    }

    @Test(
        "Values of variables are put in",
        arguments: [
            "o='a b'; $o", "A=a; B=\"$A b\"; ${B}", "o=(a b); \"${o[@]}\"", "o=(a); o+=(b); ${o[*]}",
            "o=a; o+=' b'; $o",
            "export O='a b'; $O", "declare -r o='a b'; $o", "local -a o=(a 'b'); \"${o[@]+\"${o[@]}\"}\"",
            "readonly X=b; a $X", "${O:-a b}", "X=; ${X:-a} b", "X=1; a ${X:+b}", "set -- a b; \"$@\"",
            "set -- x b; shift; a $1",
            "for x in b; do a $x; done", "o=b; if y; then o=; fi; a $o", "x=b; sh -c \"a $x\"", "x=b sh -c 'a $x'",
            "a${X:-} b", "o=(x b); a ${o[1]}", "o[1]=b; a ${o[@]}", "c=a; $c b", "a b $EMPTY\"\"", "X='b'; (a $X)",
            "o=$(x); o=b; a $o", "a $'b'", "f=b; g=$f; f=c; a \"$g\"",
        ]
    )
    func variables(_ text: String) {
        #expect(run(text).contains { Array($0.prefix(2)) == ["a", "b"] }, "\(run(text))")
    }

    @Test(
        "What is not known stays as it is written",
        arguments: [
            ("a $x", ["a", "$x"]), ("x=$(y z); a \"$x\"", ["a", "$x"]), ("a '$x' \\$x", ["a", "$x", "$x"]),
            ("x='b c'; a \"$x\"", ["a", "b c"]), ("x=b; unset x; a $x", ["a", "$x"]),
            ("x=b; read x; a $x", ["a", "$x"]),
            ("x=b; (x=c); a ${x#b}", ["a", "${x#b}"]), ("x=b; y=$(x=c; z); a $x", ["a", "b"]),
            ("o=\"-p -n $(x y)\"; a $o", ["a", "-p", "-n", "$()"]),
            ("a ${API_KEY:-secret}", ["a", "${API_KEY:-secret}"]),
        ] as [(String, [String])]
    )
    func unknown(_ text: String, _ expected: [String]) {
        #expect(run(text).contains(expected), "\(run(text))")
    }

    @Test(
        "A container that is privileged is found, wherever the command that runs it is written",
        arguments: [
            "opts=\"--privileged\"\ndocker run $opts img",
            "OPTS=(--rm)\nOPTS+=(--privileged)\ndocker run \"${OPTS[@]}\" img",
            "o=--rm; if x; then o=--privileged; else o=; fi; docker run $o img",
            "echo img | xargs docker run --privileged",
            "find . -name x -exec docker run --privileged {} \\;", "env A=b docker run --privileged img",
            "env -S 'docker run --privileged img'", "timeout -k 3 10 nohup docker run --privileged img",
            "ssh -p 22 host 'docker run --privileged img'", "ssh host docker run --privileged img",
            "ssh host <<EOF\ndocker run --privileged img\nEOF", "bash -lc \"docker run --privileged img\"",
            "bash -e -o pipefail -x -c 'docker run --privileged img'", "su - app -c 'docker run --privileged img'",
            "su app --command 'docker run --privileged img'", "bash <<< 'docker run --privileged img'",
            "sh <<'EOF'\ndocker run --privileged img\nEOF", "cat <<EOF | sh -s\ndocker run --privileged img\nEOF",
            "echo 'docker run --privileged img' | sudo bash",
            "printf '%s\\n' 'docker run --privileged img' | tee x | sh",
            "f() { docker run --privileged img; }; f", "function f { docker run --privileged img; }",
            "if x; then docker run --privileged img; fi", "for i in 1 2; do docker run --privileged img; done",
            "while x; do docker run --privileged img; done", "case x in a) docker run --privileged img;; esac",
            "x=$(docker run --privileged img)", "eval docker run '\"--privileged\"' img",
            "X='docker run --privileged img'; eval \"$X\"",
            "trap 'docker run --privileged img' EXIT", "((x=1<<2))\ndocker run --privileged img\n2",
            "docker run $'--privi\\x6ceged' img", "time -p docker run --privileged img",
            "busybox sh -c 'docker run --privileged img'",
            "cat > /run.sh <<EOF\ndocker run --privileged img\nEOF",
            "tee x <<EOF\n#!/usr/bin/env bash\ndocker run --privileged x\nEOF",
            "sudo -nu app docker run --privileged img", "flock /x docker run --privileged img",
            "$SUDO docker run --privileged img",
            "docker run ${OPTS:---privileged} img", "for o in --privileged --rm; do docker run $o img; done",
        ]
    )
    func privileged(_ text: String) {
        let findings = Audit().run(MemoryTree(["run.sh": Array(text.utf8)])).findings
        #expect(findings.contains { $0.rule == "BKL-D001" }, "\(run(text))")
    }

    @Test(
        "What is only printed, or said about it, is none",
        arguments: [
            "echo docker run --privileged img", "cat <<EOF\ndocker run --privileged img\nEOF",
            "# docker run --privileged img",
            "o=--privileged; docker run \"img\"", "o=--privileged; docker run '$o' img",
            "echo 'docker run --privileged img' | grep x",
            "o=--privileged; o=--rm; docker run $o img", "docker run img echo --privileged",
        ]
    )
    func notPrivileged(_ text: String) {
        let findings = Audit().run(MemoryTree(["run.sh": Array(text.utf8)])).findings
        #expect(!findings.contains { $0.rule == "BKL-D001" }, "\(run(text))")
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
