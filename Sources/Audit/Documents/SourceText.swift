// SPDX-License-Identifier: Apache-2.0

/// A text that was put together from parts of a file, such as an instruction written over several lines; each of its
/// scalars knows where it stands in the file.
package struct SourceText: Sendable {
    package let file: String
    package private(set) var scalars: [Unicode.Scalar] = []
    /// Where parts begin, in the order of their offsets.
    private var parts: [Part] = []

    /// Small, since a text may have as many as it has lines; 0 stands for what is not known.
    private struct Part {
        var offset: UInt32
        var line: UInt32
        var column: UInt32

        init(offset: Int, line: Int?, column: Int?) {
            self.offset = UInt32(clamping: offset)
            self.line = UInt32(clamping: line ?? 0)
            self.column = UInt32(clamping: column ?? 0)
        }

        var start: Int { Int(offset) }
        var knownLine: Int? { line == 0 ? nil : Int(line) }
        var knownColumn: Int? { column == 0 ? nil : Int(column) }
    }

    package init(file: String) { self.file = file }

    /// A whole text, from line 1 on.
    package init(_ text: String, file: String) {
        self.init(file: file)
        scalars.reserveCapacity(text.utf8.count)
        var line = 1
        parts.append(Part(offset: 0, line: 1, column: 1))
        for scalar in text.unicodeScalars {
            scalars.append(scalar)
            guard scalar == "\n" else { continue }
            line += 1
            parts.append(Part(offset: scalars.count, line: line, column: 1))
        }
    }

    /// A value of a YAML file. A block begins on the line after its mark; lines of others are one in the file.
    package init(_ scalar: DataNode.Scalar) {
        self.init(file: scalar.place.file)
        let isBlock = scalar.isBlock
        let line = scalar.place.line.map { isBlock ? $0 + 1 : $0 }
        let column = isBlock ? nil : scalar.place.column.map { scalar.isPlain ? $0 : $0 + 1 }
        parts.append(Part(offset: 0, line: line, column: column))
        for character in scalar.text.unicodeScalars {
            scalars.append(character)
            guard isBlock, character == "\n", let last = parts.last?.knownLine else { continue }
            parts.append(Part(offset: scalars.count, line: last + 1, column: nil))
        }
    }

    package mutating func append(_ part: some Sequence<Unicode.Scalar>, line: Int, column: Int) {
        parts.append(Part(offset: scalars.count, line: line, column: column))
        scalars.append(contentsOf: part)
    }

    /// Another part of the same file.
    package mutating func append(_ text: SourceText) {
        let start = scalars.count
        for part in text.parts {
            parts.append(Part(offset: start + part.start, line: part.knownLine, column: part.knownColumn))
        }
        scalars += text.scalars
    }

    package var isEmpty: Bool { scalars.isEmpty }

    package var text: String { string(0..<scalars.count) }

    /// Behind as many empty lines as bring its own to where they stand in the file.
    var padded: String { padding + text }

    var padding: String { String(repeating: "\n", count: max(0, (place(0).line ?? 1) - 1)) }

    package func string(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[range])
        return String(text)
    }

    /// The same scalars at the same places, without those around `range`.
    package func part(_ range: Range<Int>) -> SourceText {
        var part = SourceText(file: file)
        part.scalars = Array(scalars[range])
        let first = index(range.lowerBound)
        for index in first..<max(first, parts.count) {
            let origin = parts[index]
            guard origin.start < range.upperBound || index == first else { break }
            let skipped = max(0, range.lowerBound - origin.start)
            part.parts.append(
                Part(
                    offset: max(0, origin.start - range.lowerBound),
                    line: origin.knownLine,
                    column: origin.knownColumn.map { $0 + skipped }
                )
            )
        }
        return part
    }

    /// Where a scalar stands; `length` scalars from there on are meant if they are on one line.
    package func place(_ offset: Int, length: Int? = nil) -> Place {
        guard !parts.isEmpty else { return Place(file) }
        let index = index(offset)
        let part = parts[index]
        let end = index + 1 < parts.count ? parts[index + 1].start : scalars.count
        return Place(
            file,
            line: part.knownLine,
            column: part.knownColumn.map { $0 + max(0, offset - part.start) },
            length: part.column == 0 ? nil : length.flatMap { offset + $0 <= end ? $0 : nil }
        )
    }

    /// Of the part that a scalar is in.
    private func index(_ offset: Int) -> Int {
        var (low, high) = (0, parts.count)
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].start <= offset { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }
}
