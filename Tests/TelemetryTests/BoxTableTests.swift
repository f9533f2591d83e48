// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Telemetry

@Suite("A table") struct BoxTableTests {
    @Test("has Triton's layout")
    func models() {
        let text = ModelTable.text([
            RepositoryIndexEntry(name: "digits", version: 1, state: .ready),
            RepositoryIndexEntry(name: "b", version: 12, state: .unavailable, reason: "bad\nfile"),
            RepositoryIndexEntry(name: "c"),
        ])
        #expect(
            text == """
                +--------+---------+----------------------------------------+
                | Model  | Version | Status                                 |
                +--------+---------+----------------------------------------+
                | digits | 1       | READY                                  |
                | b      | 12      | UNAVAILABLE: bad\\nfile                 |
                | c      | -       | Not loaded: No model version was found |
                +--------+---------+----------------------------------------+

                """
        )
    }

    @Test(
        "goes on in the next line where a cell is longer than the column may be",
        arguments: [(4, 1), (5, 2), (8, 2), (9, 3)]
    )
    func wrapping(length: Int, height: Int) {
        var table = BoxTable(["A", "B"], widestColumn: 4)
        table.append([String(repeating: "x", count: length)])
        #expect(table.text.split(separator: "\n").count == 4 + height)
        #expect(Set(table.text.split(separator: "\n").map(\.count)).count == 1)
    }

    @Test("without rows is a head and nothing else")
    func empty() {
        #expect(BoxTable(["Model"]).text == "+-------+\n| Model |\n+-------+\n+-------+\n")
    }
}
