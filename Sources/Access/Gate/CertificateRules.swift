// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which client certificates stand for whom. A certificate that the listener's roots vouch for and no rule names is
/// nobody's.
package struct CertificateRules: Sendable {
    /// `dns:worker-*.example.org`, `uri:spiffe://example.org/*`, `email:…`, `cn:…`: the kind of name, and a glob for it.
    package struct Rule: Sendable {
        package let name: String
        package let caller: Caller

        package init(name: String, caller: Caller) {
            self.name = name
            self.caller = caller
        }
    }

    private let rules: [(pattern: Glob, caller: Caller)]

    package init(_ rules: [Rule]) {
        self.rules = rules.map { (Glob($0.name), $0.caller) }
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// The first rule that fits one of the certificate's names.
    package func caller(for certificate: PeerCertificate) -> Caller? {
        let names = certificate.alternativeNames + (certificate.commonName.map { ["cn:" + $0] } ?? [])
        return rules.first { rule in names.contains { rule.pattern.matches($0) } }?.caller
    }
}
