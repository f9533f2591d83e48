// SPDX-License-Identifier: Apache-2.0

/// Tells secrets by the names of variables, and by what their values look like.
enum SecretShapes {
    enum Evidence {
        case name
        case shape(String)
    }

    /// Why a variable's value is a secret; `nil` for what is none, or comes from elsewhere.
    static func evidence(name: String, value: String) -> Evidence? {
        if let kind = shape(of: value) { return .shape(kind) }
        return isSecretName(name) && isLiteral(value) ? .name : nil
    }

    /// Whether a name says that a secret is behind it.
    static func isSecretName(_ name: String) -> Bool {
        let words = name.uppercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        guard let last = words.last, !harmlessEndings.contains(last) else { return false }
        if words.contains(where: secretWords.contains) { return true }
        return zip(words, words.dropFirst()).contains { secretPairs.contains($0 + $1) }
    }

    private static let secretWords: Set<String> = [
        "PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "SECRET", "SECRETS", "TOKEN", "APIKEY", "CREDENTIAL", "CREDENTIALS",
        "SECRETKEY", "ACCESSKEY", "PRIVATEKEY",
    ]
    private static let secretPairs: Set<String> = [
        "APIKEY", "APIKEYS", "ACCESSKEY", "SECRETKEY", "PRIVATEKEY", "ENCRYPTIONKEY", "SIGNINGKEY", "AUTHKEY",
        "MASTERKEY",
    ]
    /// Of names that tell where a secret is, or something else about it.
    private static let harmlessEndings: Set<String> = [
        "FILE", "PATH", "DIR", "NAME", "ID", "URL", "URI", "ENABLED", "TTL", "TYPE", "LIMIT", "COUNT", "LENGTH", "SIZE",
        "EXPIRY", "TIMEOUT", "HEADER", "ISSUER", "REF", "ARN", "VERSION", "REQUIRED", "MODE", "POLICY", "ALGORITHM",
    ]

    /// Whether a value is written out, and could be a secret.
    static func isLiteral(_ value: String) -> Bool {
        guard value.utf8.count <= lengthLimit else { return false }
        var text = value.trimmingBlanks
        if text.hasPrefix("${"), let range = text.firstRange(of: ":-") ?? text.firstRange(of: "-") {
            // A default is used wherever nothing else is given.
            text = String(text[range.upperBound...].dropLast())
        }
        guard !text.isEmpty, !text.contains("$"), !text.contains("{{"), !text.hasPrefix("<") else { return false }
        guard !text.hasPrefix("/"), !text.hasPrefix("./"), !text.hasPrefix("***"), !text.hasPrefix("...") else {
            return false
        }
        guard !["true", "false", "none", "null", "yes", "no", "on", "off"].contains(text.lowercased()) else {
            return false
        }
        return !text.allSatisfy(\.isNumber) || text.count >= 12
    }

    /// How bad at most a value is that by its name is a secret: an example of one, or what is used if none is given.
    static func weaker(_ value: String) -> Severity? {
        let text = value.trimmingBlanks
        if isPlaceholder(text) { return .note }
        guard text.hasPrefix("${"), shape(of: text) == nil else { return nil }
        let parts = text.dropFirst(2).split(separator: "-", maxSplits: 1)
        let isExample = parts.count > 1 && isPlaceholder(String(parts[1].dropLast()))
        return isExample ? .note : .warning
    }

    /// What people write where a secret belongs.
    private static func isPlaceholder(_ text: String) -> Bool {
        guard text.utf8.count <= 100 else { return false }
        let plain = text.lowercased().filter { $0.isLetter || $0.isNumber }
        if !plain.isEmpty, plain.allSatisfy({ $0 == "x" }) { return true }
        return ["changeme", "replaceme", "placeholder", "tobeset", "todo", "fixme"].contains(plain)
            || ["your", "insert", "replacewith", "changethis", "putyour", "examplekey"].contains(where: plain.hasPrefix)
            || (plain.hasPrefix("my") && ["password", "secret", "token", "key"].contains { plain.hasSuffix($0) })
            || plain.hasSuffix("here")
    }

    private static let prefixes: [(String, Int, String)] = [
        ("AKIA", 20, "an AWS access key"), ("ASIA", 20, "an AWS access key"), ("ghp_", 36, "a GitHub token"),
        ("gho_", 36, "a GitHub token"), ("ghs_", 36, "a GitHub token"), ("github_pat_", 40, "a GitHub token"),
        ("glpat-", 20, "a GitLab token"), ("hf_", 30, "a Hugging Face token"), ("sk-", 24, "an API key"),
        ("sk_live_", 24, "a Stripe key"), ("xoxb-", 20, "a Slack token"), ("xoxp-", 20, "a Slack token"),
        ("AIza", 39, "a Google API key"), ("nvapi-", 30, "an NVIDIA API key"), ("npm_", 36, "an npm token"),
        ("pypi-", 40, "a PyPI token"), ("dckr_pat_", 20, "a Docker token"), ("eyJhbGciOi", 40, "a JSON web token"),
        ("bkl_", 40, "a Buckler key"),
    ]

    /// Bytes that no secret has.
    private static let lengthLimit = 64 << 10

    /// What a value is by its form alone.
    static func shape(of value: String) -> String? {
        guard value.utf8.count <= lengthLimit else { return nil }
        let text = value.trimmingBlanks
        if text.hasPrefix("-----BEGIN"), text.contains("PRIVATE KEY") { return "a private key" }
        let isWord = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "$") }
        if isWord {
            for (prefix, length, kind) in prefixes where text.hasPrefix(prefix) && text.utf8.count >= length {
                return kind
            }
        }
        return hasPassword(text) ? "an address with a password" : nil
    }

    /// `scheme://user:password@host`
    private static func hasPassword(_ text: String) -> Bool {
        guard let range = text.firstRange(of: "://") else { return false }
        let authority = text[range.upperBound...].prefix { $0 != "/" && $0 != " " }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return false
        }
        return isLiteral(String(authority[authority.index(after: colon)..<at]))
    }
}

extension String {
    /// Without blanks and quotes at both ends.
    var trimmingBlanks: String {
        let isEdge: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\"" || $0 == "'" }
        guard let first = firstIndex(where: { !isEdge($0) }), let last = lastIndex(where: { !isEdge($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
