// SPDX-License-Identifier: Apache-2.0

/// Tells keys and passwords that stand in a file from names, references and examples of them.
package enum WrittenSecret {
    /// Whether the value of something with this name is a key or a password. `api_key_header` names a header.
    package static func isSecretName(_ name: String) -> Bool {
        let words = words(of: name)
        guard let last = words.last(where: { !$0.allSatisfy(\.isNumber) }) else { return false }
        if plainWords.contains(last) { return true }
        guard last == "key" || last == "keys" || last == "pat" || last == "dsn" else { return false }
        return last == "dsn" || words.dropLast().contains { keyWords.contains($0) }
    }

    private static let plainWords: Set<String> = [
        "password", "passwd", "pwd", "passphrase", "secret", "secrets", "token", "credential", "credentials", "apikey",
        "secretkey", "accesskey", "privatekey",
    ]

    private static let keyWords: Set<String> = [
        "api", "access", "secret", "private", "auth", "signing", "encryption", "master", "account", "service", "client",
        "jwt",
        "hmac", "license", "ssh",
    ]

    /// `API_KEY`, `apiKey` and `api-key` alike.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for scalar in name.unicodeScalars.prefix(200) {
            let isUpper = scalar.value >= 0x41 && scalar.value <= 0x5A
            let isLower = scalar.value >= 0x61 && scalar.value <= 0x7A
            let isDigit = scalar.value >= 0x30 && scalar.value <= 0x39
            if !(isUpper || isLower || isDigit) || (isUpper && wasLower) {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isUpper || isLower || isDigit { word.unicodeScalars.append(scalar) }
            wasLower = isLower || isDigit
        }
        if !word.isEmpty { words.append(word) }
        return words.map { $0.lowercased() }
    }

    /// Whether a value can be one, and is not a reference to it, a place for it or an example of none.
    package static func isValue(_ value: String, of name: String) -> Bool {
        let scalars = value.unicodeScalars
        guard let first = scalars.first, scalars.count >= 4, !"$<{[/%.*".unicodeScalars.contains(first) else {
            return false
        }
        guard !scalars.contains(where: { $0.properties.isWhitespace }), !value.contains("${"), !value.contains("{{")
        else {
            return false
        }
        let lower = value.lowercased()
        guard !fileEndings.contains(where: lower.hasSuffix) else { return false }
        guard !references.contains(where: lower.hasPrefix), !["none", "null", "true", "false"].contains(lower) else {
            return false
        }
        let isPassword = words(of: name).contains { $0.hasPrefix("pass") || $0 == "pwd" }
        let hasDigit = scalars.contains { $0.value >= 0x30 && $0.value <= 0x39 }
        // A text without a digit is a field's name or kind far more often than a key: `token = "bearer"`.
        return isPassword ? value != name : hasDigit && scalars.count >= 6
    }

    /// Whether it is that of a secret in whatever surroundings: `token` alone is one in few.
    static func isUnmistakable(_ name: String) -> Bool {
        guard isSecretName(name) else { return false }
        let words = words(of: name)
        let isToken = words.contains { $0.hasPrefix("token") }
        return !isToken
            || words.contains { keyWords.contains($0) || ["bearer", "session", "csrf", "refresh"].contains($0) }
    }

    /// Of files that have keys, or say where they are.
    private static let fileEndings = [
        ".asc", ".crt", ".env", ".gpg", ".jks", ".json", ".key", ".p12", ".pem", ".pfx", ".pub", ".txt", ".yaml",
        ".yml",
    ]

    private static let references = [
        "env:", "vault:", "secret:", "arn:", "file:", "http:", "https:", "projects/", "x-", "your",
    ]

    /// What is a key by its form, whatever it is called: what issues it says so.
    package static func kind(of value: String) -> String? {
        for (prefix, least, kind) in issued where value.hasPrefix(prefix) && value.utf8.count >= least {
            let rest = value.utf8.dropFirst(prefix.utf8.count)
            let isToken = rest.allSatisfy { byte in
                byte == 0x2D || byte == 0x2E || byte == 0x5F || (0x30...0x39).contains(byte)
                    || (0x41...0x5A).contains(byte)
                    || (0x61...0x7A).contains(byte)
            }
            if isToken { return kind }
        }
        if value.hasPrefix("-----BEGIN "), value.prefix(60).contains("PRIVATE KEY-----") { return "a private key" }
        if isWebhook(value) { return webhook }
        return hasPassword(url: value) ? "a password in an address" : nil
    }

    static let webhook = "an address to which whoever has it can post"

    /// Addresses of chats are their own passwords.
    static func isWebhook(_ address: String) -> Bool {
        guard address.utf8.count <= 500, let hook = webhooks.first(where: address.hasPrefix) else { return false }
        let parts = address.dropFirst(hook.count).split(separator: "/")
        // Documentation has a row of one letter in its place.
        guard parts.count > 1, let key = parts.last, key.utf8.count >= 16, Set(key).count > 4 else { return false }
        return key.utf8.allSatisfy { !"${}<>*".utf8.contains($0) }
    }

    private static let webhooks = [
        "https://hooks.slack.com/services/", "https://hooks.slack.com/workflows/", "https://discord.com/api/webhooks/",
        "https://discordapp.com/api/webhooks/",
    ]

    private static let issued: [(prefix: String, least: Int, kind: String)] = [
        ("AKIA", 20, "an AWS access key"), ("ASIA", 20, "an AWS access key"), ("ghp_", 30, "a GitHub token"),
        ("gho_", 30, "a GitHub token"), ("github_pat_", 40, "a GitHub token"), ("glpat-", 20, "a GitLab token"),
        ("sk-", 24, "an API key"), ("hf_", 24, "a Hugging Face token"), ("xoxb-", 20, "a Slack token"),
        ("xoxp-", 20, "a Slack token"), ("xoxa-", 20, "a Slack token"), ("AIza", 35, "a Google API key"),
    ]

    /// `scheme://user:password@host`.
    private static func hasPassword(url: String) -> Bool {
        let bytes = Array(url.utf8.prefix(500))
        guard let scheme = url.prefix(500).utf8.firstIndex(of: UInt8(ascii: ":")),
            url.utf8[scheme...].starts(with: "://".utf8)
        else { return false }
        let start = url.utf8.distance(from: url.startIndex, to: scheme) + 3
        let authority = bytes.dropFirst(start).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return false }
        let user = authority[..<at]
        guard let colon = user.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let password = user[user.index(after: colon)...]
        guard let first = password.first else { return false }
        return !"${<%*".utf8.contains(first)
    }
}
