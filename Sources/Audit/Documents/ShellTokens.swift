// SPDX-License-Identifier: Apache-2.0

enum ShellToken {
    case word(ShellWord)
    /// The symbol without a descriptor's number.
    case redirection(String, Place)
    case connector(ShellConnector)
}

/// Takes a shell's text apart. What is not closed ends with the text.
struct ShellTokens {
    private let source: SourceText
    private let depth: Int
    /// Only blanks part words, as in a Dockerfile's `ENV`; there are no commands, redirections or comments.
    private let isPlain: Bool
    private var offset = 0
    /// Ends of heredocs that begin with the next line.
    private var pending: [(end: String, isIndented: Bool)] = []
    /// The word after `<<` names a heredoc's end.
    private var awaitsHeredoc: Bool?
    /// Whether the word has commands that are too deep to be read.
    private var isCut = false

    init(_ source: SourceText, depth: Int, isPlain: Bool = false) {
        self.source = source
        self.depth = depth
        self.isPlain = isPlain
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        offset + ahead < source.scalars.count ? source.scalars[offset + ahead] : nil
    }

    mutating func next() -> ShellToken? {
        while skipBlanks(), let scalar = peek() {
            if scalar == "\n" {
                offset += 1
                skipHeredocs()
                return .connector(.end)
            }
            if let connector = connector() { return .connector(connector) }
            if let redirection = redirection() {
                // Where a heredoc's text goes to is no file.
                if redirection.symbol.hasPrefix("<<"), redirection.symbol != "<<<" {
                    awaitsHeredoc = redirection.symbol == "<<-"
                    continue
                }
                return .redirection(redirection.symbol, redirection.place)
            }
            let word = word()
            guard let isIndented = awaitsHeredoc else { return .word(word) }
            awaitsHeredoc = nil
            pending.append((word.text, isIndented))
        }
        return nil
    }

    /// Also comments and continued lines; `false` at the end of the text.
    private mutating func skipBlanks() -> Bool {
        while let scalar = peek() {
            if scalar.isBlank {
                offset += 1
            } else if scalar == "\\", let count = continuation() {
                offset += count
            } else if scalar == "#", !isPlain {
                while let next = peek(), next != "\n" { offset += 1 }
            } else {
                return true
            }
        }
        return false
    }

    /// How long a backslash before the end of a line is with that end.
    private func continuation() -> Int? {
        if peek(1) == "\n" { return 2 }
        return peek(1) == "\r" && peek(2) == "\n" ? 3 : nil
    }

    private mutating func connector() -> ShellConnector? {
        guard !isPlain else { return nil }
        let (first, second) = (peek(), peek(1))
        switch first {
        case "&" where second == "&": return take(2, .and)
        case "|" where second == "|": return take(2, .or)
        case "|": return take(second == "&" ? 2 : 1, .pipe)
        case "&" where second != ">": return take(1, .end)
        case ";": return take(second == ";" ? 2 : 1, .end)
        case "(", ")": return take(1, .end)
        default: return nil
        }
    }

    private mutating func take(_ count: Int, _ connector: ShellConnector) -> ShellConnector {
        offset += count
        return connector
    }

    private mutating func redirection() -> (symbol: String, place: Place)? {
        guard !isPlain else { return nil }
        let start = offset
        var end = offset
        while end < source.scalars.count, ("0"..."9").contains(source.scalars[end]), end - start < 4 { end += 1 }
        guard end < source.scalars.count else { return nil }
        if source.scalars[end] == "&", end == start { end += 1 }
        guard end < source.scalars.count, source.scalars[end] == "<" || source.scalars[end] == ">" else { return nil }
        let symbolStart = end
        while end < source.scalars.count, end - symbolStart < 3, "<>|&-".unicodeScalars.contains(source.scalars[end]) {
            // `<-` and `>-` are no symbols; `<<-` is one.
            if source.scalars[end] == "-", end - symbolStart != 2 { break }
            end += 1
        }
        // `<(command)` is a word: what the command prints, as a file.
        if end < source.scalars.count, source.scalars[end] == "(", end - symbolStart == 1 { return nil }
        offset = end
        return (source.string(symbolStart..<end), source.place(start, length: end - start))
    }

    private mutating func skipHeredocs() {
        for heredoc in pending {
            while offset < source.scalars.count {
                let start = offset
                while let scalar = peek(), scalar != "\n" { offset += 1 }
                var line = source.scalars[start..<offset]
                if heredoc.isIndented { line = line.drop { $0 == "\t" } }
                if line.last == "\r" { line = line.dropLast() }
                let isEnd = line.elementsEqual(heredoc.end.unicodeScalars)
                if peek() != nil { offset += 1 }
                if isEnd { break }
            }
        }
        pending = []
    }

    /// Reads at least one scalar.
    private mutating func word() -> ShellWord {
        let start = offset
        var text = String.UnicodeScalarView()
        var inner: [ShellCommand] = []
        var isExpanded = false
        var isQuoted = false
        while let scalar = peek() {
            if !isQuoted, isEnd(scalar), offset > start { break }
            switch scalar {
            case "\\" where continuation() != nil: offset += continuation() ?? 1
            case "\\": escape(isQuoted: isQuoted, into: &text)
            case "'" where !isQuoted: single(into: &text)
            case "\"":
                isQuoted.toggle()
                offset += 1
            case "$", "`":
                isExpanded = expansion(into: &text, inner: &inner) || isExpanded
            case "<" where !isQuoted && !isPlain, ">" where !isQuoted && !isPlain:
                offset += 1
                inner += substitution(opening: "(", closing: ")", into: &text)
                isExpanded = true
            default:
                text.append(scalar)
                offset += 1
            }
        }
        var word = ShellWord(String(text), at: source.place(start, length: offset - start), isExpanded: isExpanded)
        word.inner = inner
        word.isCut = isCut
        isCut = false
        return word
    }

    private func isEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\r", "\n": true
        case ";", "&", "|", "(", ")", "<", ">": !isPlain
        default: false
        }
    }

    private mutating func escape(isQuoted: Bool, into text: inout String.UnicodeScalarView) {
        guard let next = peek(1) else {
            offset += 1
            return
        }
        if isQuoted, !"\\\"$`".unicodeScalars.contains(next) { text.append("\\") }
        text.append(next)
        offset += 2
    }

    private mutating func single(into text: inout String.UnicodeScalarView) {
        offset += 1
        while let scalar = peek(), scalar != "'" {
            text.append(scalar)
            offset += 1
        }
        if peek() != nil { offset += 1 }
    }

    /// - Returns: whether there is one: a lone `$` stands for itself.
    private mutating func expansion(into text: inout String.UnicodeScalarView, inner: inout [ShellCommand]) -> Bool {
        switch (peek(), peek(1)) {
        case ("`", _):
            inner += substitution(opening: nil, closing: "`", into: &text)
        case ("$", "("):
            text.append("$")
            offset += 1
            inner += substitution(opening: "(", closing: ")", into: &text)
        case ("$", "{"):
            braces(into: &text)
        case ("$", let next?) where next.isName || "@*#?!$-".unicodeScalars.contains(next):
            text.append("$")
            text.append(next)
            offset += 2
            while next.isName, let more = peek(), more.isName {
                text.append(more)
                offset += 1
            }
        default:
            // `$'…'` and `$"…"` are quotes.
            if peek(1) != "'", peek(1) != "\"" { text.append("$") }
            offset += 1
            return false
        }
        return true
    }

    private mutating func braces(into text: inout String.UnicodeScalarView) {
        var level = 0
        while let scalar = peek() {
            text.append(scalar)
            offset += 1
            if scalar == "{" { level += 1 }
            if scalar == "}" { level -= 1 }
            if scalar == "}", level == 0 { return }
        }
    }

    /// From the opening parenthesis or quote to the closing one, which stay in the text.
    private mutating func substitution(
        opening: Unicode.Scalar?,
        closing: Unicode.Scalar,
        into text: inout String.UnicodeScalarView
    ) -> [ShellCommand] {
        let start = offset
        var level = 0
        var quote: Unicode.Scalar?
        while let scalar = peek() {
            text.append(scalar)
            offset += 1
            if scalar == "\\", let next = peek() {
                text.append(next)
                offset += 1
            } else if let open = quote {
                if scalar == open { quote = nil }
            } else if opening != nil, scalar == "'" || scalar == "\"" {
                quote = scalar
            } else if scalar == opening {
                level += 1
            } else if scalar == closing, offset - start > 1 {
                level -= 1
                if level <= 0 { break }
            }
        }
        guard offset - start > 2, !isPlain else { return [] }
        guard depth + 1 < ShellReader.depthLimit else {
            isCut = true
            return []
        }
        return ShellReader.commands(source.part((start + 1)..<(offset - 1)), depth: depth + 1)
    }
}
