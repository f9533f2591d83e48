// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which client certificates stand for whom. A certificate that the listener's roots vouch for and no rule names is
/// nobody's.
package struct CertificateRules: Sendable {
    /// No one has so many kinds of callers; each request may look at all of them.
    package static let limit = 1024
    /// Characters of a certificate's name that the audit log is told.
    private static let shownName = 128

    private let rules: [CertificateRule]

    /// - Throws: `.invalidArgument`, naming the rule that cannot be read as ``CertificateRule``.
    package init(_ texts: [String] = [], flag: String = "") throws(ServingError) {
        guard texts.count <= Self.limit else {
            throw ServingError(.invalidArgument, "\(flag) is given more than \(Self.limit) times")
        }
        var rules: [CertificateRule] = []
        for text in texts {
            do throws(ServingError) {
                rules.append(try CertificateRule(text))
            } catch {
                throw ServingError(.invalidArgument, "\(flag)='\(text.prefix(200))': \(error.message)")
            }
        }
        self.rules = rules
    }

    /// Nobody's certificate is anyone's.
    package static let none = CertificateRules(rules: [])

    private init(rules: [CertificateRule]) { self.rules = rules }

    package var isEmpty: Bool { rules.isEmpty }

    /// By the first rule that fits one of the certificate's names.
    /// - Parameter seconds: since 1970; a certificate that has expired since its connection was made is nobody's.
    package func caller(for certificate: PeerCertificate, at seconds: Int64) -> Caller? {
        for rule in rules {
            guard let name = rule.match(certificate) else { continue }
            let terms = rule.terms
            let caller = Caller(
                principal: Principal(name: terms.name, tenant: terms.tenant),
                credentialID: "certificate:" + name.prefix(Self.shownName),
                grant: Grant(scopes: terms.scopes, models: terms.models),
                rate: terms.rate,
                expiresAt: [certificate.expiresAt, terms.expiresAt].compactMap { $0 }.min()
            )
            return caller.isExpired(at: seconds) ? nil : caller
        }
        return nil
    }
}
