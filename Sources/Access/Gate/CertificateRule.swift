// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which client certificates stand for one principal, and what it may do, as an operator writes it:
///
///     dns:worker-*.example.org name=worker scopes=infer models=fraud-* rate=100/s
///     subject:CN=*,OU=Workers,O=Example name=worker
///
/// First the kind of name and a glob for it, in which `*` stands for any characters, dots and slashes among them; then
/// the principal's name; then what else ``KeyTerms/Field`` has.
package struct CertificateRule: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case dns, uri, email, ip, cn
        /// All of the subject, as RFC 4514 writes it: each part is matched by itself, and there are as many as in the
        /// certificate.
        case subject
    }

    package let kind: Kind
    package let terms: KeyTerms
    private let patterns: [Glob]

    /// - Throws: `.invalidArgument` for what is no rule.
    package init(_ text: String) throws(ServingError) {
        guard let colon = text.firstIndex(of: ":"), let kind = Kind(rawValue: String(text[..<colon])) else {
            let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.refused("it starts with one of \(kinds), a colon and a pattern")
        }
        let rest = text[text.index(after: colon)...]
        guard let name = Self.start(of: " name=", in: rest) else { throw Self.refused("there is no name=PRINCIPAL") }
        let pattern = Self.trimmed(rest[..<name])
        guard !pattern.isEmpty else { throw Self.refused("there is nothing for a \(kind.rawValue) to match") }
        self.kind = kind
        patterns = try Self.patterns(pattern, kind)
        terms = try Self.terms(rest[name...])
    }

    /// The name of the certificate that fits, as the audit log has it.
    package func match(_ certificate: PeerCertificate) -> String? {
        switch kind {
        case .subject:
            let parts = certificate.subject
            guard parts.count == patterns.count, zip(patterns, parts).allSatisfy({ $0.matches($1) }) else { return nil }
            return "subject:" + parts.joined(separator: ",")
        case .cn:
            guard let name = certificate.commonName, patterns[0].matches(name) else { return nil }
            return "cn:" + name
        case .dns, .uri, .email, .ip:
            let start = kind.rawValue + ":"
            return certificate.alternativeNames.first { name in
                guard name.hasPrefix(start) else { return false }
                let value = String(name.dropFirst(start.count))
                return patterns[0].matches(kind.ignoresCase ? value.lowercased() : value)
            }
        }
    }

    private static func patterns(_ text: Substring, _ kind: Kind) throws(ServingError) -> [Glob] {
        guard kind == .subject else { return [Glob(kind.ignoresCase ? text.lowercased() : String(text))] }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        guard parts.allSatisfy({ $0.contains("=") && $0.first != "=" }) else {
            throw refused(
                "a subject is of parts like CN=*,O=Example, as openssl x509 -subject -nameopt RFC2253 prints it"
            )
        }
        // A kind of name is written in one way only, so that a rule cannot miss what it means.
        return parts.map { Glob($0) }
    }

    private static func terms(_ text: Substring) throws(ServingError) -> KeyTerms {
        var values: [KeyTerms.Field: String] = [:]
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let field = KeyTerms.Field(rawValue: String(parts[0])) else {
                let known = KeyTerms.Field.allCases.map(\.rawValue).joined(separator: ", ")
                throw refused("after the pattern come fields like scopes=infer, of \(known)")
            }
            guard values.updateValue(String(parts[1]), forKey: field) == nil else {
                throw refused("'\(field.rawValue)' is given twice")
            }
        }
        var terms = try KeyTerms(name: values[.name] ?? "")
        for (field, value) in values {
            do throws(ServingError) {
                try terms.set(field, to: value, at: nil)
            } catch {
                throw refused("\(field.rawValue): \(error.message)")
            }
        }
        try terms.check()
        return terms
    }

    private static func start(of word: String, in text: Substring) -> Substring.Index? {
        text.indices.first { text[$0...].hasPrefix(word) }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let end = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? text.startIndex
        return text[..<end].drop(while: \.isWhitespace)
    }

    private static func refused(_ why: String) -> ServingError { ServingError(.invalidArgument, why) }
}

extension CertificateRule.Kind {
    /// Hosts and addresses are the same in either case.
    fileprivate var ignoresCase: Bool { self == .dns || self == .ip }
}
