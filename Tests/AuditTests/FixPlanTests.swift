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
}
