// SPDX-License-Identifier: Apache-2.0

/// The words of one line in whatever language: what stands between blanks, quotes, brackets and commas.
struct LineWords {
    struct Word {
        var range: Range<Int>
        /// Up to where it goes if it stands in quotes: blanks belong to it then.
        var quoted: Range<Int>?
    }

    let scalars: [Unicode.Scalar]
    private(set) var words: [Word] = []

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        var index = 0
        while index < scalars.count {
            guard !Self.isDelimiter(scalars[index]) else {
                index += 1
                continue
            }
            var end = index
            while end < scalars.count, !Self.isDelimiter(scalars[end]) { end += 1 }
            words.append(Word(range: index..<end, quoted: quoted(from: index)))
            index = end
        }
    }

    func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    /// What stands between two words, without blanks.
    func between(_ first: Word, _ second: Word) -> String {
        text(first.range.upperBound..<second.range.lowerBound).filter { $0 != " " && $0 != "\t" }
    }

    private func quoted(from start: Int) -> Range<Int>? {
        guard start > 0, Self.isQuote(scalars[start - 1]) else { return nil }
        let end = scalars[start...].firstIndex(of: scalars[start - 1]) ?? scalars.count
        return start..<end
    }

    private static func isQuote(_ scalar: Unicode.Scalar) -> Bool { scalar == "\"" || scalar == "'" }

    private static func isDelimiter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\r", "\n", "\"", "'", "`", ",", ";", "(", ")", "[", "]", "{", "}", "|", "&", "<", ">": true
        default: false
        }
    }
}
