// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KServeClient
import NIOSSL

enum NetworkProtocol: String, ExpressibleByArgument, CaseIterable {
    case http, grpc
}

/// Which server a command talks to, and how.
struct ServerOptions: ParsableArguments {
    @Option(
        name: [.customShort("u"), .long],
        help: "The server: http://127.0.0.1:8000, grpc://127.0.0.1:8001, grpcs://HOST:8001, or HOST:PORT."
    )
    var url: String?

    @Option(name: [.customShort("i"), .customLong("protocol")], help: "http or grpc, where --url does not say.")
    var networkProtocol: NetworkProtocol?

    @Option(help: "A PEM file with the certificates of the authorities that the server's must come from.")
    var tlsCa: String?

    @Option(help: "A PEM file with this client's certificate, for a server that asks for one.")
    var tlsCert: String?

    @Option(help: "A PEM file with the private key of --tls-cert.")
    var tlsKey: String?

    @Flag(help: "Accept any certificate: encrypted, but nobody knows to whom.")
    var tlsInsecure = false

    private var namesTLS: Bool { tlsCa != nil || tlsCert != nil || tlsKey != nil || tlsInsecure }

    func address() throws(ClientError) -> ServerAddress {
        let address = try address(url ?? (networkProtocol == .grpc ? "127.0.0.1:8001" : "127.0.0.1:8000"))
        if let networkProtocol, (networkProtocol == .grpc) != address.scheme.isGRPC {
            throw .badAddress(url ?? "", reason: "--protocol says \(networkProtocol)")
        }
        if namesTLS, address.scheme != .grpcs {
            throw .badInput("TLS is spoken over gRPC only: write the address like grpcs://HOST:8001")
        }
        return address
    }

    /// An address that may leave its protocol to the other options.
    func address(_ text: String) throws(ClientError) -> ServerAddress {
        let grpc: ServerAddress.Scheme = namesTLS ? .grpcs : .grpc
        return try ServerAddress(text, defaultScheme: networkProtocol == .grpc ? grpc : .http)
    }

    /// - Returns: `nil` for an address without TLS.
    func tls(for address: ServerAddress) throws(ClientError) -> NIOSSLContext? {
        guard address.scheme == .grpcs else { return nil }
        var trust = TLSTrust()
        if let tlsCa { trust.authorities = try InputFile.read(tlsCa) }
        if let tlsCert { trust.certificateChain = try InputFile.read(tlsCert) }
        if let tlsKey { trust.privateKey = try InputFile.read(tlsKey) }
        trust.acceptsAnyCertificate = tlsInsecure
        return try trust.context()
    }

    func client(_ address: ServerAddress, timeoutSeconds: Int) async throws(ClientError) -> ServerClient {
        guard address.scheme.isGRPC else { return .http(KServeClient(address, timeoutSeconds: timeoutSeconds)) }
        var settings = GRPCConnection.Settings()
        settings.timeoutSeconds = timeoutSeconds
        let connection = try await GRPCConnection.open(address, tls: try tls(for: address), settings: settings)
        return .grpc(GRPCInferenceClient(connection))
    }
}

/// A client of either protocol. What differs between them is asked for by case.
enum ServerClient: Sendable {
    case http(KServeClient)
    case grpc(GRPCInferenceClient)

    /// What both do alike.
    var models: any ModelServerClient {
        switch self {
        case .http(let client): client
        case .grpc(let client): client
        }
    }
}
