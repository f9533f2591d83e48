// SPDX-License-Identifier: Apache-2.0

/// Reads a file of variables, as compose and `docker run --env-file` do.
enum EnvironmentFile {
    /// `NAME=value` and `NAME: value`; the last of a name counts. Values of several lines are left out, and secrets.
    static func variables(_ text: String, file: String) -> [EnvironmentVariable] {
        var known = KnownVariables()
        var numbers: [String: Int] = [:]
        // A byte-order mark belongs to no name.
        let lines = SourceLines(String(text.unicodeScalars.drop { $0 == "\u{FEFF}" })).all.map(\.text)
        var index = 0
        while index < lines.count {
            let number = index + 1
            var rest = lines[index].drop(while: isBlank)
            index += 1
            if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop(while: isBlank) }
            guard rest.first != "#", let sign = rest.firstIndex(where: { $0 == "=" || $0 == ":" }) else { continue }
            let name = String(rest[..<sign]).trimmingBlanks
            let value = rest[rest.index(after: sign)...].drop(while: isBlank)
            guard !name.isEmpty, name.unicodeScalars.allSatisfy(\.isName) else { continue }
            if let end = end(of: value, in: lines, from: index) {
                known.remove(name)
                index = end
            } else {
                known.set(name, unquoted(value, &known))
                numbers[name] = number
            }
        }
        return known.values.sorted { $0.key < $1.key }.map { name, value in
            let place = Place(file, line: numbers[name])
            return EnvironmentVariable(name: Located(name, at: place), value: Located(value, at: place))
        }
    }

    /// Behind the line that closes a quote which its own line leaves open; `nil` if nothing is open, or nothing closes it:
    /// then it is read as by programs that know no quotes. Each line is looked at once for a kind of quotes, since one
    /// that is left open there would close those before it.
    private static func end(of value: Substring, in lines: [Substring], from start: Int) -> Int? {
        guard let quote = value.first, isQuote(quote), quoted(value.dropFirst(), quote).isOpen else { return nil }
        return lines[start...].firstIndex { !quoted($0, quote).isOpen }.map { $0 + 1 }
    }

    /// Up to the quote that closes it, or all if that is not there; a backslash takes its meaning.
    private static func quoted(_ text: Substring, _ quote: Character) -> (content: String, isOpen: Bool) {
        var content = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                if character != quote { content.append("\\") }
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
                continue
            } else if character == quote {
                return (content, false)
            }
            content.append(character)
        }
        return (content, true)
    }

    private static func unquoted(_ value: Substring, _ known: inout KnownVariables) -> String {
        if let quote = value.first, isQuote(quote) {
            let content = quoted(value.dropFirst(), quote).content
            return quote == "'" ? content : interpolated(content, &known)
        }
        var bare = value
        // Behind a blank, a comment.
        if let comment = bare.firstRange(of: " #") { bare = bare[..<comment.lowerBound] }
        while let last = bare.last, isBlank(last) { bare.removeLast() }
        return interpolated(String(bare), &known)
    }

    private static func interpolated(_ text: String, _ known: inout KnownVariables) -> String {
        Interpolation(text, isDoubled: false, known: &known).map { String($0.text) } ?? text
    }

    private static func isQuote(_ character: Character) -> Bool { character == "'" || character == "\"" }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
}
