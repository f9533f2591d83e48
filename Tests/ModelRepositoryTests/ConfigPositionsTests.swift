// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ModelRepository

@Suite struct ConfigPositionsTests {
    private static let text = """
        name: "m"
        input [
          { name: "a" dims: [ 1, 2 ] },
          { name: "b"
            dims: 3
            dims: 4 }
        ]
        parameters { key: "a.b[\\"]" value { string_value: "1" } }
        parameters {
          key: "x"
          value: { string_value: "2" }
        }
        dynamic_batching {
          priority_queue_policy { key: 2 value { max_queue_size: 5 } }
        }
        """

    @Test(arguments: [
        ("name", 1, 1),
        ("input", 3, 3),
        ("input[0].name", 3, 5),
        ("input[0].dims", 3, 23),
        ("input[0].dims[1]", 3, 26),
        ("input[1]", 4, 3),
        ("input[1].dims[1]", 6, 5),
        ("parameters[\"x\"]", 9, 1),
        ("parameters[\"x\"].string_value", 11, 12),
        ("dynamic_batching.priority_queue_policy[2].max_queue_size", 14, 42),
    ])
    func pathsLeadToPlaces(path: String, line: Int, column: Int) throws {
        let positions = try ModelConfigText.parse(Array(Self.text.utf8), file: "").positions
        #expect(positions[path] == SourcePosition(line: line, column: column))
        #expect(positions.nearest(to: path) == SourcePosition(line: line, column: column))
    }

    @Test(
        arguments: [
            ("platform", nil),
            ("input[1].data_type", (4, 3)),
            ("input[2].data_type", (3, 3)),
            ("input[-1]", (3, 3)),
            ("name.more", (1, 1)),
            ("parameters[\"y\"]", (8, 1)),
            ("dynamic_batching.preferred_batch_size[0]", (13, 1)),
            ("no_such_field", nil),
            ("", nil),
            ("[", nil),
        ] as [(String, (Int, Int)?)]
    )
    func whatIsNotThereIsNearSomething(path: String, near: (Int, Int)?) throws {
        let positions = try ModelConfigText.parse(Array(Self.text.utf8), file: "").positions
        #expect(positions[path] == nil)
        #expect(positions.nearest(to: path) == near.map { SourcePosition(line: $0.0, column: $0.1) })
    }

    @Test func aConfigurationWithoutATextHasNone() {
        #expect(ConfigPositions()["name"] == nil)
        #expect(ConfigPositions().nearest(to: "name") == nil)
    }
}
