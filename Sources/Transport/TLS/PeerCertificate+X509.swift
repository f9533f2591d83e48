// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
private import NIOSSL
private import SwiftASN1
private import X509

extension PeerCertificate {
    /// Who the other end of a TLS connection proved to be in its handshake, which must be over.
    /// - Returns: `nil` if it was not asked, or there is no TLS.
    package static func verified(on pipeline: ChannelPipeline.SynchronousOperations) -> PeerCertificate? {
        guard let certificate = try? pipeline.nioSSL_peerCertificate() else { return nil }
        // One that only the TLS library can read stands for no one.
        guard let encoded = try? certificate.toDERBytes(), let names = try? PeerCertificate(encoded: encoded) else {
            return PeerCertificate(commonName: nil, alternativeNames: [])
        }
        return names
    }

    /// - Parameter encoded: a certificate as DER has it.
    package init(encoded: [UInt8]) throws {
        let certificate = try Certificate(derEncoded: encoded)
        let commonNames = certificate.subject.flatMap { $0 }.filter { $0.type == .RDNAttributeType.commonName }
        // Which of several counts is not for us to choose.
        let commonName = commonNames.count == 1 ? String(commonNames[0].value) : nil
        let alternatives = try certificate.extensions.subjectAlternativeNames
        self.init(commonName: commonName, alternativeNames: alternatives?.compactMap(Self.text) ?? [])
    }

    private static func text(_ name: GeneralName) -> String? {
        switch name {
        case .dnsName(let host): "dns:" + host
        case .uniformResourceIdentifier(let uri): "uri:" + uri
        case .rfc822Name(let address): "email:" + address
        default: nil
        }
    }
}
