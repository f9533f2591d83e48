// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Mends")
struct FixPlanTests {
    private static let text = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n"

    private static func fix(_ lines: Range<Int>, _ replacement: [String]) -> Fix {
        Fix("change \(lines)", edits: [.init(lines: lines, replacement: replacement)])
    }

    @Test("Lines are replaced, inserted and removed")
    func edits() {
        let fixes = [Self.fix(2..<3, ["B", "B2"]), Self.fix(12..<13, []), Self.fix(5..<5, ["between d and e"])]
        let plan = FixPlan(file: "x", text: Self.text, fixes: fixes)
        #expect(plan.result == "a\nB\nB2\nc\nd\nbetween d and e\ne\nf\ng\nh\ni\nj\nk\n")
        #expect(plan.titles.count == 3)
        #expect(
            plan.diff == """
                --- x
                +++ x
                @@ -1,7 +1,9 @@
                 a
                -b
                +B
                +B2
                 c
                 d
                +between d and e
                 e
                 f
                 g
                @@ -9,4 +11,3 @@
                 i
                 j
                 k
                -l

                """
        )
    }

    @Test("Of two that change the same line, one is left for the next time")
    func overlap() {
        let plan = FixPlan(file: "x", text: Self.text, fixes: [Self.fix(2..<4, ["B"]), Self.fix(3..<5, ["C"])])
        #expect(plan.result == "a\nB\nd\ne\nf\ng\nh\ni\nj\nk\nl\n")
        #expect(plan.titles == ["change 2..<4"])
    }

    @Test("The same mend twice is one; one beyond the end is none")
    func odd() {
        let twice = FixPlan(file: "x", text: "a\r\nb", fixes: [Self.fix(1..<2, ["A"]), Self.fix(1..<2, ["A"])])
        #expect(twice.result == "A\r\nb")
        #expect(FixPlan(file: "x", text: "a\n", fixes: [Self.fix(3..<4, ["A"])]).isEmpty)
    }

    @Test(
        "Lines keep their endings, and new ones get the first's",
        arguments: [
            ("a\r\nb\r\nc\r\n", "a\r\nB\r\nnew\r\nc\r\n"), ("a\nb\r\nc", "a\nB\nnew\nc"), ("a\rb\rc", "a\rB\rnew\rc"),
        ]
    )
    func endings(text: String, mended: String) {
        let fixes = [Self.fix(2..<3, ["B"]), Self.fix(3..<3, ["new"])]
        #expect(FixPlan(file: "x.yaml", text: text, fixes: fixes).result == mended)
    }

    @Test("A line added at the end of a text without a last newline stands by itself")
    func atTheEnd() {
        let plan = FixPlan(file: "x", text: "a: 1\nb: 2", fixes: [Self.fix(3..<3, ["c: 3"])])
        #expect(plan.result == "a: 1\nb: 2\nc: 3")
    }

    @Test("The diff repeats no secret, neither around a mend nor in it")
    func secrets() {
        let text = """
            services:
              web:
                image: a:1
                environment:
                  API_TOKEN: sk-proj-8fK2mQ9xLw3vT7bZ
                labels: { url: "https://app:hunter2-4711@db/app" }
                privileged: true
            """
        let findings = Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)])).findings
        let secret = findings.filter { $0.rule == "BKL-D020" }.compactMap(\.place.line)
        let plan = FixPlan(
            file: "compose.yaml",
            text: text,
            fixes: findings.compactMap(\.fix),
            secretLines: Set(secret)
        )
        #expect(plan.diff.contains("-    privileged: true\n+    privileged: false\n"))
        #expect(plan.diff.contains("\n       ***\n"))
        #expect(!plan.diff.contains("sk-proj") && !plan.diff.contains("hunter2"))
    }

    @Test("Files with carriage returns are mended as others are")
    func carriageReturns() {
        let text = "services:\r\n  web:\r\n    image: a:1\r\n    privileged: true\r\n"
        let findings = Audit().run(MemoryTree(["compose.yaml": Array(text.utf8)])).findings
        let plan = FixPlan(file: "compose.yaml", text: text, fixes: findings.compactMap(\.fix))
        #expect(plan.result.contains("    privileged: false\r\n"))
    }
}
