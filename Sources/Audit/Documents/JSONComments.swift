// SPDX-License-Identifier: Apache-2.0

/// JSON as editors and compilers write their settings: with comments, and with commas behind the last member.
enum JSONComments {
    /// `text` with blanks in the place of both, so that every line and column stays.
    static func blanked(_ text: String) -> String {
        var scanner = Scanner(text: Array(text.unicodeScalars))
        scanner.run()
        return String(String.UnicodeScalarView(scanner.text))
    }
}

private struct Scanner {
    var text: [Unicode.Scalar]
    var index = 0
    /// A comma behind which nothing but blanks and comments has come.
    var comma: Int?

    mutating func run() {
        while index < text.count {
            switch text[index] {
            case "\"":
                skipString()
                comma = nil
            case "/" where next == "/": blankLine()
            case "/" where next == "*": blankComment()
            case ",":
                comma = index
                index += 1
            case "}", "]":
                if let comma { text[comma] = " " }
                comma = nil
                index += 1
            case " ", "\t", "\n", "\r": index += 1
            default:
                comma = nil
                index += 1
            }
        }
    }

    private var next: Unicode.Scalar? { index + 1 < text.count ? text[index + 1] : nil }

    private mutating func skipString() {
        index += 1
        while index < text.count, text[index] != "\"" {
            index += text[index] == "\\" ? 2 : 1
        }
        index += 1
    }

    private mutating func blankLine() {
        while index < text.count, text[index] != "\n" { blank() }
    }

    private mutating func blankComment() {
        blank()
        blank()
        while index < text.count {
            let isEnd = text[index] == "*" && next == "/"
            blank()
            guard isEnd else { continue }
            return blank()
        }
    }

    private mutating func blank() {
        guard index < text.count else { return }
        if text[index] != "\n" { text[index] = " " }
        index += 1
    }
}
