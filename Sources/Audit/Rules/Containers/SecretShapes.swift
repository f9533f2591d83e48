// SPDX-License-Identifier: Apache-2.0

/// Tells secrets by the names of variables, and by what their values look like.
enum SecretShapes {
    enum Evidence {
        case name
        case shape(String)

        /// Whether it has the form that who issues keys gives them.
        var isIssued: Bool { if case .shape(let kind) = self { kind != passwordInAddress } else { false } }
    }

    /// Why a variable's value is a secret; `nil` for what is none, or comes from elsewhere.
    static func evidence(name: String, value: String) -> Evidence? {
        if let kind = shape(of: value) { return .shape(kind) }
        guard isSecretName(name), isLiteral(value, of: name) else { return nil }
        guard let parts = SecretParts.all(of: value) else { return .name }
        return parts.contains { !isHarmless($0.name) && isLiteral($0.value, of: name) } ? .name : nil
    }

    /// Whether a name tells only where a secret is, or something else about it.
    static func isHarmless(_ name: String) -> Bool {
        SecretParts.words(name).last.map { harmlessEndings.contains($0) || partEndings.contains($0) } ?? false
    }

    /// Of names within secrets' own texts, which are many.
    private static let partEndings: Set<String> = [
        "ANNOTATION", "BUCKET", "CONFIGMAP", "EMAIL", "HTTPS", "MAP", "NAMESPACE", "PROJECT", "REGION", "SECRETREF",
        "SSL",
        "USER", "USERNAME",
    ]

    /// Whether a name says that a secret is behind it.
    static func isSecretName(_ name: String) -> Bool {
        let words = name.uppercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        // A shell keeps there where it is.
        guard let last = words.last, !harmlessEndings.contains(last), name != "PWD" else { return false }
        // Of an object of the cluster that holds one.
        if last.hasPrefix("SECRET"), words.contains(where: { ["EXISTING", "PULL"].contains($0) }) { return false }
        if words.contains(where: { secretWords.contains($0) || $0.hasSuffix("PASSWORD") }) { return true }
        return zip(words, words.dropFirst()).contains { secretPairs.contains($0 + $1) }
    }

    private static let secretWords: Set<String> = [
        "PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "SECRET", "SECRETS", "TOKEN", "APIKEY", "CREDENTIAL", "CREDENTIALS",
        "SECRETKEY", "ACCESSKEY", "PRIVATEKEY",
    ]
    private static let secretPairs: Set<String> = [
        "APIKEY", "APIKEYS", "ACCESSKEY", "SECRETKEY", "PRIVATEKEY", "ENCRYPTIONKEY", "SIGNINGKEY", "AUTHKEY",
        "MASTERKEY", "DBPASS", "MYSQLPASS", "PGPASS", "POSTGRESPASS", "REDISPASS", "ROOTPASS", "SMTPPASS", "USERPASS",
    ]
    /// Of names that tell where a secret is, or something else about it.
    private static let harmlessEndings: Set<String> = [
        "FILE", "PATH", "DIR", "NAME", "ID", "URL", "URI", "ENABLED", "TTL", "TYPE", "LIMIT", "COUNT", "LENGTH", "SIZE",
        "EXPIRY", "TIMEOUT", "HEADER", "ISSUER", "REF", "ARN", "VERSION", "REQUIRED", "MODE", "POLICY", "ALGORITHM",
        "AGE", "AUDIENCE", "BACKEND", "CLASS", "ENCODER", "ENDPOINT", "EXPIRES", "FIELD", "FORMAT", "HASHER", "HASHERS",
        "HOST", "LIFETIME", "PORT", "PREFIX", "PROVIDER", "ROUNDS", "SCHEME", "SCOPE", "SCOPES", "STORE", "STRENGTH",
        "VALIDATOR", "VALIDATORS",
    ]

    /// Whether a name is a password's, and not that of something about it.
    private static func isPassword(_ name: String) -> Bool {
        let words = name.uppercased().split { !$0.isLetter && !$0.isNumber }
        guard let last = words.last(where: { !$0.allSatisfy(\.isNumber) }) else { return false }
        return last.hasSuffix("PASSWORD") || ["PASSWD", "PASSPHRASE", "PWD", "PASS"].contains(last)
    }

    /// Whether a value is written out, and could be a secret.
    /// - Parameter name: numbers are ports, counts and the like unless it is a password's.
    static func isLiteral(_ value: String, of name: String = "") -> Bool {
        guard value.utf8.count <= lengthLimit else { return false }
        var text = value.trimmingBlanks
        if text.hasPrefix("${"), let range = text.firstRange(of: ":-") ?? text.firstRange(of: "-") {
            // A default is used wherever nothing else is given.
            text = String(text[range.upperBound...].dropLast())
        }
        guard !text.isEmpty, !hasReference(text), !text.contains("{{"), !text.hasPrefix("<") else { return false }
        guard !text.hasPrefix("/"), !text.hasPrefix("./"), !text.hasPrefix("***"), !text.hasPrefix("...") else {
            return false
        }
        // Marks of blocks, in YAML that stands in a text.
        guard !["|", "|-", "|+", ">", ">-", ">+"].contains(text) else { return false }
        guard !["true", "false", "none", "null", "yes", "no", "on", "off"].contains(text.lowercased()) else {
            return false
        }
        return !text.allSatisfy(\.isNumber) || text.count >= (isPassword(name) ? 4 : 12)
    }

    /// Whether something else is put in for a part of a text, as in `$NAME`, `${NAME}` or `$(NAME)`. Passwords have
    /// dollars too: before no name, or before what nobody would call a variable.
    private static func hasReference(_ text: String) -> Bool {
        var rest = text.unicodeScalars[...]
        while let dollar = rest.firstIndex(of: "$") {
            rest = rest[dollar...].drop { $0 == "$" }
            if let next = rest.first, next == "{" || next == "(" { return true }
            let name = rest.prefix(while: \.isName)
            if name.isEmpty ? text.utf8.count < 4 : isName(name) { return true }
        }
        return false
    }

    /// Of a variable, and not what a generator of passwords makes.
    private static func isName(_ text: Substring.UnicodeScalarView) -> Bool {
        let digits = text.count { ("0"..."9").contains($0) }
        let hasBothCases = text.contains { ("a"..."z").contains($0) } && text.contains { ("A"..."Z").contains($0) }
        return text.count < 10 || digits < 2 || !hasBothCases
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
        if saysNothing(text) { return true }
        if !plain.isEmpty, plain.allSatisfy({ $0 == "x" }) { return true }
        return ["changeme", "replaceme", "placeholder", "tobeset", "todo", "fixme"].contains(plain)
            || ["your", "insert", "replacewith", "changethis", "putyour", "examplekey"].contains(where: plain.hasPrefix)
            || (plain.hasPrefix("my") && ["password", "secret", "token", "key"].contains { plain.hasSuffix($0) })
            || plain.hasSuffix("here")
    }

    /// Words that say that it is none, and beside them only words that secrets are described by.
    private static func saysNothing(_ text: String) -> Bool {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        let all = Set(words.map(String.init))
        guard !all.isEmpty, all.isSubset(of: denials.union(surroundings)) else { return false }
        return !all.isDisjoint(with: denials)
            || ["not", "build"].contains { all.contains($0) }
                && !all.isDisjoint(with: ["used", "only", "time", "real"])
    }

    private static let denials: Set<String> = [
        "dummy", "fake", "placeholder", "unused", "notused", "buildtime", "throwaway", "ignored", "irrelevant", "bogus",
    ]
    private static let surroundings: Set<String> = [
        "a", "an", "the", "not", "used", "build", "time", "only", "real", "for", "at", "in", "is", "this", "value",
        "secret", "key", "token", "password", "django", "collectstatic", "docker", "no", "during", "just",
        "temporary", "temp", "insecure",
    ]

    private static let prefixes: [(String, Int, String)] = [
        ("AKIA", 20, "an AWS access key"), ("ASIA", 20, "an AWS access key"), ("ghp_", 36, "a GitHub token"),
        ("gho_", 36, "a GitHub token"), ("ghs_", 36, "a GitHub token"), ("github_pat_", 40, "a GitHub token"),
        ("glpat-", 20, "a GitLab token"), ("hf_", 30, "a Hugging Face token"), ("sk-", 24, "an API key"),
        ("sk_live_", 24, "a Stripe key"), ("xoxb-", 20, "a Slack token"), ("xoxp-", 20, "a Slack token"),
        ("AIza", 39, "a Google API key"), ("nvapi-", 30, "an NVIDIA API key"), ("npm_", 36, "an npm token"),
        ("pypi-", 40, "a PyPI token"), ("dckr_pat_", 20, "a Docker token"), ("eyJhbGciOi", 40, "a JSON web token"),
        ("bkl_", 40, "a Buckler key"),
    ]

    private static let passwordInAddress = "an address with a password"

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
                // Names of packages and models begin so too.
                if prefix != "sk-" || isRandom(text) { return kind }
            }
        }
        if isWord, WrittenSecret.isWebhook(text) { return WrittenSecret.webhook }
        return hasPassword(text) ? passwordInAddress : nil
    }

    /// The same of a part of a word: behind `=`, `:` or a comma, as in `--api-key=…`.
    static func shape(within word: String) -> String? {
        if let kind = shape(of: word) { return kind }
        guard word.utf8.count <= lengthLimit else { return nil }
        if let equals = word.firstIndex(of: "="), let kind = shape(of: String(word[word.index(after: equals)...])) {
            return kind
        }
        let parts = word.split { "=:,; \"'".contains($0) }.dropFirst()
        return parts.lazy.compactMap { isRandom($0) ? shape(of: String($0)) : nil }.first
    }

    /// Whether it has a row of letters and digits as no name has one.
    private static func isRandom(_ text: some StringProtocol) -> Bool {
        text.split { !$0.isLetter && !$0.isNumber }.contains { $0.utf8.count >= 12 && $0.contains(where: \.isNumber) }
    }

    /// `scheme://user:password@host`
    private static func hasPassword(_ text: String) -> Bool {
        guard let range = text.firstRange(of: "://") else { return false }
        let authority = text[range.upperBound...].prefix { $0 != "/" && $0 != " " }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return false
        }
        return isLiteral(String(authority[authority.index(after: colon)..<at]), of: "password")
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
