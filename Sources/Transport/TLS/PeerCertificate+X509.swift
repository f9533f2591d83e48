// SPDX-License-Identifier: Apache-2.0
private import FoundationEssentials
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
        self.init(
            commonName: commonName,
            alternativeNames: alternatives?.compactMap(Self.text) ?? [],
            subject: Self.parts(of: certificate.subject),
            expiresAt: Int64(clamping: Int(certificate.notValidAfter.timeIntervalSince1970.rounded(.down)))
        )
    }

    private static func text(_ name: GeneralName) -> String? {
        switch name {
        case .dnsName(let host): "dns:" + host
        case .uniformResourceIdentifier(let uri): "uri:" + uri
        case .rfc822Name(let address): "email:" + address
        case .ipAddress(let octets): address(octets.bytes).map { "ip:" + $0 }
        default: nil
        }
    }

    private static func address(_ octets: ArraySlice<UInt8>) -> String? {
        try? SocketAddress(packedIPAddress: ByteBuffer(bytes: octets), port: 0).ipAddress
    }

    /// Each part by itself, so that no value can pass for two of them. A part that has several values has no order to go
    /// by, and one without a short name of its kind is nobody's.
    private static func parts(of subject: DistinguishedName) -> [String] {
        var parts: [String] = []
        for name in subject.reversed() {
            guard name.count == 1, let attribute = name.first, let kind = shortNames[attribute.type],
                let value = text(attribute.value)
            else { return [] }
            parts.append(kind + "=" + value)
        }
        return parts
    }

    private static func text(_ value: RelativeDistinguishedName.Attribute.Value) -> String? {
        String(value) ?? (try? ASN1IA5String(asn1Any: ASN1Any(value))).map { String($0) }
    }

    /// Those of RFC 4514, and that of a mail address, which `openssl` prints so.
    private static let shortNames: [ASN1ObjectIdentifier: String] = [
        .RDNAttributeType.commonName: "CN", .RDNAttributeType.localityName: "L",
        .RDNAttributeType.stateOrProvinceName: "ST", .RDNAttributeType.organizationName: "O",
        .RDNAttributeType.organizationalUnitName: "OU", .RDNAttributeType.countryName: "C",
        .RDNAttributeType.streetAddress: "STREET", .RDNAttributeType.domainComponent: "DC",
        .RDNAttributeType.emailAddress: "emailAddress",
    ]
}
