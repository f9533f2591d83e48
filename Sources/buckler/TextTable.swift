// SPDX-License-Identifier: Apache-2.0

/// Columns of text for a terminal: the first is aligned left, the others as told.
struct TextTable {
    enum Alignment { case left, right }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        titles = columns.map(\.title)
        alignments = columns.map(\.alignment)
    }

    /// A row with a cell for each column; line breaks within a cell become spaces.
    mutating func append(_ cells: [String]) {
        rows.append(cells.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") })
    }

    var text: String {
        var widths = titles.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        let rule = widths.map { String(repeating: "─", count: $0) }
        return ([titles, rule] + rows).map { line($0, widths: widths) }.joined(separator: "\n")
    }

    private func line(_ cells: [String], widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            if column > 0 { line += "  " }
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            switch alignments[column] {
            case .left: line += column == cells.count - 1 ? cell : cell + padding
            case .right: line += padding + cell
            }
        }
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
