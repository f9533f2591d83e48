// SPDX-License-Identifier: Apache-2.0

/// Tells secrets that are only examples, or stand in tests, from those that open something.
enum ExampleSecret {
    /// Whether a path is that of a test: what it holds is made up, as a rule.
    static func isTest(path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let name = parts.last else { return false }
        if parts.dropLast().contains(where: { ["test", "tests", "testing"].contains($0.lowercased()) }) { return true }
        return name.hasPrefix("test_") || name.hasSuffix("_test.py") || name == "conftest.py"
    }

    /// Whether a text says of itself that something else is to stand in its place: `changeme`, `your-password`,
    /// `string`, `xxxxxxxx`.
    static func isPlaceholder(_ text: String) -> Bool {
        let scalars = text.lowercased().unicodeScalars.prefix(200)
        guard Set(scalars).count > 2 else { return true }
        let words = scalars.split { !("a"..."z").contains($0) && !("0"..."9").contains($0) }.map { word in
            String(String.UnicodeScalarView(word))
        }
        return words.contains(where: fillers.contains)
            && words.allSatisfy { fillers.contains($0) || plain.contains($0) }
    }

    /// Words that hold a place.
    private static let fillers: Set<String> = [
        "string", "changeme", "change", "changeit", "wrong", "invalid", "incorrect", "dummy", "example", "sample",
        "fake", "mock",
        "placeholder", "your", "yourpassword", "insert", "replace", "replaceme", "todo", "redacted", "password",
        "passwd", "mypassword", "secret", "foo", "bar", "baz", "xxx", "xxxx",
    ]

    /// Words that stand beside them.
    private static let plain: Set<String> = [
        "me", "my", "the", "a", "this", "here", "with", "in", "production", "prod", "key", "api", "token", "pass",
        "user", "test", "testing", "value", "not", "real", "please", "for", "only", "dev", "local", "it", "1", "12",
        "123", "1234",
    ]

    /// Whether it looks as if a machine had made it: twenty or more of a key's letters in a row, capitals, small ones
    /// and digits mixed, or thirty-two of a number in base 16; or something that issues keys has marked it.
    static func looksIssued(_ text: String) -> Bool {
        if let kind = WrittenSecret.kind(of: text), kind != "a password in an address" { return true }
        let runs = text.unicodeScalars.prefix(300).split { scalar in
            !(scalar.properties.isASCIIHexDigit || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
                || "+/=".unicodeScalars.contains(scalar))
        }
        return runs.contains { run in
            let digits = run.contains { ("0"..."9").contains($0) }
            let small = run.contains { ("a"..."z").contains($0) }
            let capitals = run.contains { ("A"..."Z").contains($0) }
            let isHexadecimal = run.count >= 32 && run.allSatisfy(\.properties.isASCIIHexDigit)
            return digits && ((run.count >= 20 && small && capitals) || (isHexadecimal && (small || capitals)))
        }
    }
}
