// SPDX-License-Identifier: Apache-2.0

/// A table in Triton's layout, as it prints its models, backends and options at start:
/// ```
/// +--------+---------+--------+
/// | Model  | Version | Status |
/// +--------+---------+--------+
/// | digits | 1       | READY  |
/// +--------+---------+--------+
/// ```
package struct BoxTable: Sendable {
    private let headers: [String]
    private var rows: [[String]] = []
    /// Longer cells go on in the next line.
    private let widestColumn: Int

    /// - Parameter widestColumn: at least 1, in characters.
    package init(_ headers: [String], widestColumn: Int = 100) {
        precondition(widestColumn > 0, "a column needs room")
        self.headers = headers
        self.widestColumn = widestColumn
    }

    /// Missing cells are empty; cells beyond the headers are not shown.
    package mutating func append(_ cells: [String]) {
        rows.append(headers.indices.map { $0 < cells.count ? LogText.escaped(cells[$0]) : "" })
    }

    /// The table, with a line end after each of its lines.
    package var text: String {
        let lines = ([headers] + rows).map { $0.map(wrapped) }
        let widths = headers.indices.map { column in
            lines.flatMap { $0[column] }.map(\.count).max() ?? 0
        }
        let divider = "+" + widths.map { String(repeating: "-", count: $0 + 2) + "+" }.joined() + "\n"
        let body = lines.dropFirst().map { Self.text(of: $0, widths) }.joined()
        return divider + Self.text(of: lines[0], widths) + divider + body + divider
    }

    private func wrapped(_ cell: String) -> [String] {
        var parts: [String] = []
        var rest = cell[...]
        repeat {
            parts.append(String(rest.prefix(widestColumn)))
            rest = rest.dropFirst(widestColumn)
        } while !rest.isEmpty
        return parts
    }

    private static func text(of cells: [[String]], _ widths: [Int]) -> String {
        let height = cells.map(\.count).max() ?? 0
        return (0..<height).map { line in
            "|"
                + zip(cells, widths).map { cell, width in
                    let part = line < cell.count ? cell[line] : ""
                    return " " + part + String(repeating: " ", count: width - part.count) + " |"
                }.joined() + "\n"
        }.joined()
    }
}
