// SPDX-License-Identifier: Apache-2.0

/// Credentials that stand in a line which a rule points at for another reason: a report does not repeat them.
enum Credentials {
    /// What the value after them is for whoever reads HTTP's headers.
    private static let schemes = ["bearer", "basic", "token"]
    /// Shorter ones are words.
    private static let shortest = 8

    /// `text` with `*` for each scalar of what follows `Bearer` and the like, of a password in an address, and of what
    /// stands where programs take secrets: columns stay. Everything that a report says of a file goes through this.
    static func concealed(in text: some Collection<Unicode.Scalar>) -> String {
        var scalars = Array(text)
        for range in values(in: scalars) + passwords(in: scalars) + WrittenCredentials(in: scalars).ranges {
            for index in range { scalars[index] = "*" }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func values(in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var index = 0
        while index < scalars.count {
            let word = run(from: index, in: scalars) { $0.properties.isAlphabetic }
            guard !word.isEmpty else {
                index += 1
                continue
            }
            index = word.upperBound
            guard word.count <= 6, index < scalars.count, scalars[index] == " ",
                schemes.contains(String(String.UnicodeScalarView(scalars[word])).lowercased())
            else { continue }
            let value = run(from: index + 1, in: scalars) { isOfToken($0) }
            if value.count >= shortest, scalars[value.lowerBound] != "$" { found.append(value) }
            index = max(index, value.upperBound)
        }
        return found
    }

    /// `scheme://user:password@host`.
    private static func passwords(in scalars: [Unicode.Scalar]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var index = 0
        while index + 2 < scalars.count {
            guard scalars[index] == ":", scalars[index + 1] == "/", scalars[index + 2] == "/" else {
                index += 1
                continue
            }
            let authority = run(from: index + 3, in: scalars) { !"/ \t\"'<>".unicodeScalars.contains($0) }
            index = max(index + 3, authority.upperBound)
            guard let at = scalars[authority].lastIndex(of: "@") else { continue }
            // A user alone, if it is long, is a token.
            let colon = scalars[authority].firstIndex(of: ":").flatMap { $0 < at ? $0 : nil }
            let start = colon.map { $0 + 1 } ?? authority.lowerBound
            guard at - start >= (colon == nil ? shortest : 1), scalars[start] != "$" else { continue }
            found.append(start..<at)
        }
        return found
    }

    private static func run(
        from start: Int,
        in scalars: [Unicode.Scalar],
        while belongs: (Unicode.Scalar) -> Bool
    ) -> Range<Int> {
        var end = start
        while end < scalars.count, belongs(scalars[end]) { end += 1 }
        return start..<end
    }

    private static func isOfToken(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.value > 0x20 && !"\"'`<>,;".unicodeScalars.contains(scalar)
    }
}
