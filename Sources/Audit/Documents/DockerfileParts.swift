// SPDX-License-Identifier: Apache-2.0

/// `<<EOF` and `<<-"EOF"` in an instruction.
struct HeredocMark {
    var name: String
    /// Whether tabs before its lines do not count.
    var isIndented: Bool

    /// Only at the beginning of a word, after a descriptor's number if there is one.
    static func all(in text: SourceText) -> [HeredocMark] {
        var marks: [HeredocMark] = []
        var quote: Unicode.Scalar?
        var isStart = true
        var index = 0
        while index < text.scalars.count {
            let scalar = text.scalars[index]
            if let open = quote {
                if scalar == open { quote = nil }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
            } else if isStart, let (mark, end) = mark(in: text, at: index) {
                marks.append(mark)
                index = end
                isStart = false
                continue
            }
            isStart = quote == nil && (scalar.isBlank || (isStart && ("0"..."9").contains(scalar)))
            index += 1
        }
        return marks
    }

    private static func mark(in text: SourceText, at start: Int) -> (HeredocMark, Int)? {
        let scalars = text.scalars
        guard start + 2 < scalars.count, scalars[start] == "<", scalars[start + 1] == "<" else { return nil }
        var index = start + 2
        let isIndented = scalars[index] == "-"
        if isIndented { index += 1 }
        guard index < scalars.count else { return nil }
        let quote = scalars[index] == "'" || scalars[index] == "\"" ? scalars[index] : nil
        if quote != nil { index += 1 }
        let end = scalars[index...].firstIndex { !$0.isName && $0 != "." && $0 != "-" } ?? scalars.count
        guard end > index, !("0"..."9").contains(scalars[index]) else { return nil }
        if let quote { guard end < scalars.count, scalars[end] == quote else { return nil } }
        let after = quote == nil ? end : end + 1
        return (HeredocMark(name: text.string(index..<end), isIndented: isIndented), after)
    }
}

/// `["program", "argument"]`: a JSON array of strings and nothing else.
enum ExecForm {
    /// `nil` if it is none: it is then a shell's command, as Docker takes it.
    static func words(_ text: SourceText) -> [ShellWord]? {
        var parser = Parser(text: text)
        return parser.array()
    }

    private struct Parser {
        let text: SourceText
        var index = 0

        private var scalar: Unicode.Scalar? { index < text.scalars.count ? text.scalars[index] : nil }

        private mutating func skip() { while let scalar, scalar.isBlank || scalar == "\n" { index += 1 } }

        private mutating func take(_ expected: Unicode.Scalar) -> Bool {
            skip()
            guard scalar == expected else { return false }
            index += 1
            return true
        }

        mutating func array() -> [ShellWord]? {
            guard take("[") else { return nil }
            var words: [ShellWord] = []
            if !take("]") {
                repeat {
                    guard let word = string() else { return nil }
                    words.append(word)
                } while take(",")
                guard take("]") else { return nil }
            }
            skip()
            return scalar == nil ? words : nil
        }

        private mutating func string() -> ShellWord? {
            guard take("\"") else { return nil }
            let start = index
            var content = String.UnicodeScalarView()
            while let next = scalar {
                index += 1
                if next == "\"" {
                    return ShellWord(String(content), at: text.place(start, length: index - start - 1))
                }
                guard next == "\\" else {
                    content.append(next)
                    continue
                }
                guard let escaped = escape() else { return nil }
                content.append(escaped)
            }
            return nil
        }

        private mutating func escape() -> Unicode.Scalar? {
            guard let next = scalar else { return nil }
            index += 1
            switch next {
            case "\"", "\\", "/": return next
            case "n": return "\n"
            case "t": return "\t"
            case "r": return "\r"
            case "b": return "\u{8}"
            case "f": return "\u{C}"
            case "u":
                guard index + 4 <= text.scalars.count else { return nil }
                defer { index += 4 }
                return UInt32(text.string(index..<(index + 4)), radix: 16).flatMap { Unicode.Scalar($0) }
            default: return nil
            }
        }
    }
}
