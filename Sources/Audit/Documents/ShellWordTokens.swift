// SPDX-License-Identifier: Apache-2.0

/// Words, with their quotes taken off.
extension ShellTokens {
    /// Reads at least one scalar.
    mutating func word() -> ShellWord {
        let start = offset
        (text, inner, expansions, isCut) = (.init(), [], [], false)
        var isExpanded = false
        var isQuoted = false
        while let scalar = peek() {
            if !isQuoted, isEnd(scalar), offset > start { break }
            switch scalar {
            case "\\" where continuation() != nil: offset += continuation() ?? 1
            case "\\": escape(isQuoted: isQuoted)
            case "'" where !isQuoted: single()
            case "\"":
                isQuoted.toggle()
                offset += 1
            case "$", "`": isExpanded = expansion(isQuoted: isQuoted) || isExpanded
            case "<" where !isQuoted && !isPlain, ">" where !isQuoted && !isPlain:
                offset += 1
                _ = substitution(opening: "(", closing: ")")
                isExpanded = true
            default: take()
            }
        }
        var word = ShellWord(String(text), at: source.place(start, length: offset - start), isExpanded: isExpanded)
        (word.inner, word.expansions, word.isCut) = (inner, expansions, isCut)
        return word
    }

    func isEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\r", "\n": true
        case ";", "&", "|", "(", ")", "<", ">": !isPlain
        default: false
        }
    }

    private mutating func take() {
        guard let scalar = peek() else { return }
        text.append(scalar)
        offset += 1
    }

    private mutating func escape(isQuoted: Bool) {
        guard let next = peek(1) else {
            offset += 1
            return
        }
        if isQuoted, !"\\\"$`".unicodeScalars.contains(next) { text.append("\\") }
        text.append(next)
        offset += 2
    }

    private mutating func single() {
        offset += 1
        while let scalar = peek(), scalar != "'" { take() }
        if peek() != nil { offset += 1 }
    }

    /// `$'…'`, in which characters may be written by their numbers.
    private mutating func singleWithEscapes() {
        offset += 2
        while let scalar = peek(), scalar != "'" {
            guard scalar == "\\", let next = peek(1) else {
                take()
                continue
            }
            offset += 2
            switch next {
            case "n": text.append("\n")
            case "t": text.append("\t")
            case "r": text.append("\r")
            case "x": number(radix: 16, digits: 2)
            case "u": number(radix: 16, digits: 4)
            case "U": number(radix: 16, digits: 8)
            case "0"..."7":
                offset -= 1
                number(radix: 8, digits: 3)
            default: text.append(next)
            }
        }
        if peek() != nil { offset += 1 }
    }

    private mutating func number(radix: UInt32, digits: Int) {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek().flatMap({ UInt32(String($0), radix: Int(radix)) }) else { break }
            value = value &* radix &+ digit
            offset += 1
        }
        if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    }

    /// Bytes of the word so far.
    private var length: Int { String(text).utf8.count }

    /// - Returns: whether there is one: a lone `$` stands for itself.
    private mutating func expansion(isQuoted: Bool) -> Bool {
        let start = length
        switch (peek(), peek(1)) {
        case ("`", _):
            let commands = substitution(opening: nil, closing: "`")
            add(commands, from: start, isQuoted)
        case ("$", "("):
            take()
            let commands = substitution(opening: "(", closing: ")")
            add(commands, from: start, isQuoted)
        case ("$", "{"):
            take()
            if let (name, modifier) = braces() { add(name, modifier, from: start, isQuoted) }
        case ("$", let next?) where next.isName || "@*#?!$-".unicodeScalars.contains(next):
            take()
            let name = plainName(next)
            if next.isName || next == "@" || next == "*" { add(name, "", from: start, isQuoted) }
        case ("$", "'") where !isQuoted && !isPlain:
            singleWithEscapes()
            return false
        default:
            // `$"…"` is a quote.
            if peek(1) == "\"" { offset += 1 } else { take() }
            return false
        }
        return true
    }

    private mutating func add(_ name: String, _ modifier: String, from start: Int, _ isQuoted: Bool) {
        expansions.append(
            ShellExpansion(name: name, modifier: modifier, range: start..<length, isQuoted: isQuoted || isPlain)
        )
    }

    /// Of what a command prints. `pwd` prints a variable.
    private mutating func add(_ commands: [ShellCommand], from start: Int, _ isQuoted: Bool) {
        let only = commands.count == 1 && commands[0].redirections.isEmpty ? commands[0] : nil
        add(only?.words.first?.text == "pwd" ? "PWD" : "", "", from: start, isQuoted)
        expansions[expansions.count - 1].printed = only?.output
    }

    /// What a script is given has a name of one digit; `$10` is the first and a zero.
    private mutating func plainName(_ first: Unicode.Scalar) -> String {
        let start = offset
        take()
        guard first.isName, !("0"..."9").contains(first) else { return source.string(start..<offset) }
        while let scalar = peek(), scalar.isName { take() }
        return source.string(start..<offset)
    }

    /// - Returns: the name and what follows it; `nil` for what is not closed and for `${#NAME}` and `${!NAME}`.
    private mutating func braces() -> (name: String, modifier: String)? {
        let start = offset + 1
        var level = 0
        while let scalar = peek() {
            take()
            if scalar == "{" { level += 1 }
            if scalar == "}" { level -= 1 }
            guard scalar == "}", level == 0 else { continue }
            let isOfAll = start < offset && (source.scalars[start] == "@" || source.scalars[start] == "*")
            let end = isOfAll ? start + 1 : source.scalars[start...].firstIndex { !$0.isName } ?? start
            return end > start ? (source.string(start..<end), source.string(end..<(offset - 1))) : nil
        }
        return nil
    }

    /// From the opening parenthesis or quote to the closing one, which stay in the text.
    /// - Returns: the commands between them.
    private mutating func substitution(opening: Unicode.Scalar?, closing: Unicode.Scalar) -> [ShellCommand] {
        let start = offset
        var level = 0
        var quote: Unicode.Scalar?
        while let scalar = peek() {
            take()
            if scalar == "\\", peek() != nil {
                take()
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
        let range = (start + 1)..<(offset - 1)
        let text = closing == "`" ? source.unescaped(range) : source.part(range)
        let commands = ShellReader.commands(text, depth: depth + 1)
        inner += commands
        return commands
    }
}

extension ShellCommand {
    /// What it prints, if all of that is written in it.
    fileprivate var output: String? {
        guard words.allSatisfy({ !$0.isExpanded }) else { return nil }
        var rest = arguments.map(\.text)[...]
        switch program {
        case "echo": return echoed.map(\.text).joined(separator: " ")
        case "printf":
            if rest.first == "--" { rest.removeFirst() }
            let parts = rest.popFirst()?.split(separator: "%s", omittingEmptySubsequences: false) ?? []
            guard !parts.contains(where: { $0.contains("%") || $0.contains("\\") }) else { return nil }
            return parts.dropFirst().reduce(parts.first.map(String.init)) { ($0 ?? "") + (rest.popFirst() ?? "") + $1 }
        default: return nil
        }
    }
}

extension SourceText {
    /// What stands between backquotes, in which a backslash before one, and before a few others, is taken off.
    fileprivate func unescaped(_ range: Range<Int>) -> SourceText {
        var (text, start, index) = (SourceText(file: file), range.lowerBound, range.lowerBound)
        while index + 1 < range.upperBound {
            guard scalars[index] == "\\" else {
                index += 1
                continue
            }
            if "`\\$".unicodeScalars.contains(scalars[index + 1]) {
                text.append(part(start..<index))
                start = index + 1
            }
            index += 2
        }
        if start == range.lowerBound { return part(range) }
        text.append(part(start..<range.upperBound))
        return text
    }
}
