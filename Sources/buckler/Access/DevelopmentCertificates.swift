// SPDX-License-Identifier: Apache-2.0
import Crypto
import FoundationEssentials
import Glibc
import Inference
import SwiftASN1
import X509

/// An authority of this machine's own and certificates that it signed, for trying TLS out.
struct DevelopmentCertificates {
    /// A certificate and its key, as PEM.
    struct Pair {
        /// Of both files, before `.pem` and `.key`.
        var name: String
        var certificate: String
        var key: String
    }

    static let authorityDays = 365
    static let leafDays = 90
    static let authorityName = "ca"
    static let serverName = "server"
    private static let longestName = 64

    private let authority: Certificate
    private let authorityKey: Certificate.PrivateKey
    private let now: Date
    private(set) var pairs: [Pair] = []

    /// - Throws: `.invalidArgument` for what cannot be the name of a host or of a client.
    init(hosts: [String], clients: [String], now: Date = Date()) throws {
        for client in clients { try Self.check(client: client) }
        self.now = now
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        self.authorityKey = authorityKey
        let subject = try DistinguishedName { CommonName("Buckler development authority") }
        authority = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: authorityKey.publicKey,
            notValidBefore: Self.start(now),
            notValidAfter: Self.end(now, days: Self.authorityDays),
            issuer: subject,
            subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: authorityKey.publicKey)
            },
            issuerPrivateKey: authorityKey
        )
        pairs.append(try Self.pair(Self.authorityName, authority, authorityKey))
        var names: [GeneralName] = []
        for host in ["localhost", "127.0.0.1", "::1"] + hosts {
            let name = try Self.name(ofHost: host)
            if !names.contains(name) { names.append(name) }
        }
        pairs.append(try leaf(Self.serverName, commonName: hosts.first ?? "localhost", names, .serverAuth))
        for client in clients {
            pairs.append(try leaf(client, commonName: client, [Self.name(ofClient: client)], .clientAuth))
        }
    }

    private func leaf(
        _ file: String,
        commonName: String,
        _ names: [GeneralName],
        _ usage: ExtendedKeyUsage.Usage
    ) throws -> Pair {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let usages = try ExtendedKeyUsage([usage])
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Self.start(now),
            notValidAfter: Self.end(now, days: Self.leafDays),
            issuer: authority.subject,
            subject: try DistinguishedName { CommonName(String(commonName.prefix(Self.longestName))) },
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                usages
                SubjectAlternativeNames(names)
                SubjectKeyIdentifier(hash: key.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: authorityKey.publicKey).keyIdentifier)
            },
            issuerPrivateKey: authorityKey
        )
        return try Self.pair(file, certificate, key)
    }

    private static func pair(
        _ name: String,
        _ certificate: Certificate,
        _ key: Certificate.PrivateKey
    ) throws -> Pair {
        Pair(
            name: name,
            certificate: try certificate.serializeAsPEM().pemString + "\n",
            key: try key.serializeAsPEM().pemString + "\n"
        )
    }

    /// Clocks of other machines may be behind.
    private static func start(_ now: Date) -> Date { now.addingTimeInterval(-300) }

    private static func end(_ now: Date, days: Int) -> Date { now.addingTimeInterval(Double(days) * 86_400) }

    private static func name(ofHost host: String) throws -> GeneralName {
        var ipv4 = in_addr()
        if inet_pton(AF_INET, host, &ipv4) == 1 { return .ipAddress(withUnsafeBytes(of: ipv4) { octets($0) }) }
        var ipv6 = in6_addr()
        if inet_pton(AF_INET6, host, &ipv6) == 1 { return .ipAddress(withUnsafeBytes(of: ipv6) { octets($0) }) }
        let wildcard = host.hasPrefix("*.") ? host.dropFirst(2) : Substring(host)
        guard (1...253).contains(host.utf8.count), wildcard.utf8.allSatisfy(isPlain), !wildcard.isEmpty else {
            throw ServingError(
                .invalidArgument,
                "--host is a host name or an address, without a port: '\(host)' is not"
            )
        }
        return .dnsName(host.lowercased())
    }

    private static func octets(_ address: UnsafeRawBufferPointer) -> ASN1OctetString {
        ASN1OctetString(contentBytes: ArraySlice(address))
    }

    /// The client's name is that of its files too.
    private static func check(client: String) throws {
        let isFree = client != authorityName && client != serverName
        guard (1...longestName).contains(client.utf8.count), client.utf8.allSatisfy({ isPlain($0) || $0 == 0x40 }),
            client.first != ".", isFree
        else {
            throw ServingError(
                .invalidArgument,
                "--client is a name of letters, digits and . _ - @, and neither ca nor server"
            )
        }
    }

    private static func name(ofClient client: String) -> GeneralName {
        client.contains("@") ? .rfc822Name(client) : .dnsName(client)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
