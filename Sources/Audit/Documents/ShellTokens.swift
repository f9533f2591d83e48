// SPDX-License-Identifier: Apache-2.0

enum ShellToken {
    case word(ShellWord)
    /// The symbol without a descriptor's number.
    case redirection(String, Place)
    case connector(ShellConnector)
    /// `NAME=(…)`: the name with its sign, and what is in the parentheses.
    case array(ShellWord, [ShellWord])
    /// `(`
    case open
    /// `)`
    case close
}

/// Takes a shell's text apart. What is not closed ends with the text.
struct ShellTokens {
    let source: SourceText
    let depth: Int
    /// Only blanks part words, as in a Dockerfile's `ENV`; there are no commands, redirections or comments.
    let isPlain: Bool
    var offset = 0
    /// What heredocs have, in the order of their marks.
    private(set) var bodies: [SourceText] = []
    /// Parentheses that are open, and how many were before those of `((`, in which `<<` shifts numbers.
    private var level = 0
    private var arithmetic: Int?
    /// Ends of heredocs that begin with the next line.
    private var pending: [(end: String, isIndented: Bool)] = []
    /// The word after `<<` names a heredoc's end.
    private var awaitsHeredoc: Bool?
    /// Of the word that is read: its text, the commands and variables in it, and whether it has commands that are too
    /// deep to be read.
    var text = String.UnicodeScalarView()
    var inner: [ShellCommand] = []
    var expansions: [ShellExpansion] = []
    var isCut = false

    init(_ source: SourceText, depth: Int, isPlain: Bool = false) {
        self.source = source
        self.depth = depth
        self.isPlain = isPlain
    }

    func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        offset + ahead < source.scalars.count ? source.scalars[offset + ahead] : nil
    }

    mutating func next() -> ShellToken? {
        guard skipBlanks(), let scalar = peek() else { return nil }
        if scalar == "\n" {
            offset += 1
            readHeredocs()
            awaitsHeredoc = nil
            return .connector(.end)
        }
        if let token = parenthesis() ?? connector().map(ShellToken.connector) {
            awaitsHeredoc = nil
            return token
        }
        if let (symbol, place) = redirection() {
            let isHeredoc = symbol.hasPrefix("<<") && symbol != "<<<"
            if isHeredoc, arithmetic != nil { return .connector(.end) }
            awaitsHeredoc = isHeredoc ? symbol == "<<-" : nil
            return .redirection(symbol, place)
        }
        let word = word()
        if let isIndented = awaitsHeredoc {
            awaitsHeredoc = nil
            pending.append((word.text, isIndented))
        } else if peek() == "(", word.text.utf8.last == UInt8(ascii: "="), word.assignment != nil {
            return .array(word, elements())
        }
        return .word(word)
    }

    /// Words up to the closing parenthesis, or to what cannot be in one.
    private mutating func elements() -> [ShellWord] {
        offset += 1
        var words: [ShellWord] = []
        while skipBlanks(), let scalar = peek() {
            if scalar == "\n" {
                offset += 1
            } else if scalar == ")" {
                offset += 1
                break
            } else if isEnd(scalar) {
                break
            } else {
                words.append(word())
            }
        }
        return words
    }

    private mutating func parenthesis() -> ShellToken? {
        guard !isPlain, peek() == "(" || peek() == ")" else { return nil }
        let isOpen = peek() == "("
        offset += 1
        if isOpen {
            if peek() == "(", arithmetic == nil { arithmetic = level }
            level += 1
            return .open
        }
        level = max(0, level - 1)
        // `((a); b)` are two groups, no number.
        if let outer = arithmetic, level <= outer || (level == outer + 1 && peek() != ")") { arithmetic = nil }
        return .close
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
    func continuation() -> Int? {
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
            // Of the symbols only `<<-` has one; what `>&-` closes is named by it.
            let isHeredoc = end - symbolStart == 2 && source.scalars[symbolStart..<end].allSatisfy { $0 == "<" }
            if source.scalars[end] == "-", !isHeredoc { break }
            end += 1
        }
        // `<(command)` is a word: what the command prints, as a file.
        if end < source.scalars.count, source.scalars[end] == "(", end - symbolStart == 1 { return nil }
        offset = end
        return (source.string(symbolStart..<end), source.place(start, length: end - start))
    }

    private mutating func readHeredocs() {
        for heredoc in pending {
            let first = offset
            var end = source.scalars.count
            while offset < source.scalars.count {
                let start = offset
                while let scalar = peek(), scalar != "\n" { offset += 1 }
                var line = source.scalars[start..<offset]
                if heredoc.isIndented { line = line.drop { $0 == "\t" } }
                if line.last == "\r" { line = line.dropLast() }
                if peek() != nil { offset += 1 }
                if line.elementsEqual(heredoc.end.unicodeScalars) {
                    end = start
                    break
                }
            }
            bodies.append(source.part(min(first, end)..<end))
        }
        pending = []
    }
}
