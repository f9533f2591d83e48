// SPDX-License-Identifier: Apache-2.0

/// Reads a file of variables, as compose and `docker run --env-file` do.
enum EnvironmentFile {
    /// `NAME=value` and `NAME: value`; the last of a name counts. Values of several lines are left out, and secrets.
    static func variables(_ text: String, file: String) -> [EnvironmentVariable] {
        var known = KnownVariables()
        var lines: [String: Int] = [:]
        // A byte-order mark belongs to no name.
        let content = String(text.unicodeScalars.drop { $0 == "\u{FEFF}" })
        let all = content.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in all.enumerated() {
            var rest = line.drop(while: isBlank)
            if rest.hasPrefix("export ") { rest = rest.dropFirst(7).drop(while: isBlank) }
            guard rest.first != "#", let sign = rest.firstIndex(where: { $0 == "=" || $0 == ":" }) else { continue }
            let name = String(rest[..<sign]).trimmingBlanks
            let value = rest[rest.index(after: sign)...].drop(while: isBlank)
            guard !name.isEmpty, name.unicodeScalars.allSatisfy(\.isName) else { continue }
            known.set(name, unquoted(value, &known))
            lines[name] = index + 1
        }
        return known.values.sorted { $0.key < $1.key }.map { name, value in
            let place = Place(file, line: lines[name])
            return EnvironmentVariable(name: Located(name, at: place), value: Located(value, at: place))
        }
    }

    private static func unquoted(_ value: Substring, _ known: inout KnownVariables) -> String {
        if let quote = value.first, quote == "'" || quote == "\"" {
            let content = String(value.dropFirst().prefix { $0 != quote })
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

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
}
