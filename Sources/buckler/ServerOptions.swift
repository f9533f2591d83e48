// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import KServeClient
import NIOSSL

enum NetworkProtocol: String, ExpressibleByArgument, CaseIterable {
    case http, grpc
}

/// Which server a command talks to, and how.
struct ServerOptions: ParsableArguments {
    @Option(
        name: [.customShort("u"), .long],
        help: "The server: http://127.0.0.1:8000, grpc://127.0.0.1:8001, https:// or grpcs:// for TLS, or HOST:PORT."
    )
    var url: String?

    @Option(name: [.customShort("i"), .customLong("protocol")], help: "http or grpc, where --url does not say.")
    var networkProtocol: NetworkProtocol?

    @Option(
        help: """
            A file that begins with the API key to send, or exec:/path/to/program, which prints it. Without it the \
            environment variable BUCKLER_API_KEY counts, so that no key stands on a command line.
            """
    )
    var apiKeyFile: String?

    @Option(help: "A PEM file with the certificates of the authorities that the server's must come from.")
    var tlsCa: String?

    @Option(help: "A PEM file with this client's certificate, for a server that asks for one.")
    var tlsCert: String?

    @Option(help: "A PEM file with the private key of --tls-cert, or exec:/path/to/program, which prints it.")
    var tlsKey: String?

    @Flag(help: "Accept any certificate: encrypted, but nobody knows to whom.")
    var tlsInsecure = false

    private var namesTLS: Bool { tlsCa != nil || tlsCert != nil || tlsKey != nil || tlsInsecure }

    func address() throws(ClientError) -> ServerAddress {
        let address = try address(url ?? (networkProtocol == .grpc ? "127.0.0.1:8001" : "127.0.0.1:8000"))
        if let networkProtocol, (networkProtocol == .grpc) != address.scheme.isGRPC {
            throw .badAddress(url ?? "", reason: "--protocol says \(networkProtocol)")
        }
        if namesTLS, !address.scheme.isEncrypted {
            throw .badInput("options for TLS need an address like https://HOST:8000 or grpcs://HOST:8001")
        }
        return address
    }

    /// An address that may leave its protocol to the other options.
    func address(_ text: String) throws(ClientError) -> ServerAddress {
        let scheme: ServerAddress.Scheme =
            switch (networkProtocol == .grpc, namesTLS) {
            case (true, true): .grpcs
            case (true, false): .grpc
            case (false, true): .https
            case (false, false): .http
            }
        return try ServerAddress(text, defaultScheme: scheme)
    }

    /// - Returns: `nil` for an address without TLS.
    func tls(for address: ServerAddress) throws(ClientError) -> NIOSSLContext? {
        guard address.scheme.isEncrypted else { return nil }
        var trust = TLSTrust()
        if let tlsCa { trust.authorities = try InputFile.read(tlsCa) }
        if let tlsCert { trust.certificateChain = try InputFile.read(tlsCert) }
        if let tlsKey {
            let printed = try InputFile.secret(tlsKey, "--tls-key")
            trust.privateKey = if let printed { printed } else { try InputFile.read(tlsKey) }
        }
        trust.acceptsAnyCertificate = tlsInsecure
        return try trust.context(protocols: address.scheme.applicationProtocols)
    }

    static let apiKeyVariable = "BUCKLER_API_KEY"

    /// What is sent as the key. A file may be a pipe, so that this is asked once.
    func apiKey() throws(ClientError) -> APIKey? {
        if let apiKeyFile { return try Self.apiKey(inFile: apiKeyFile) }
        guard let text = ProcessInfo.processInfo.environment[Self.apiKeyVariable], !text.isEmpty else { return nil }
        guard let bytes = try InputFile.secret(text, Self.apiKeyVariable) else {
            return try APIKey(line: text, origin: Self.apiKeyVariable)
        }
        return try APIKey(line: InputFile.firstLine(in: bytes) ?? "", origin: "what \(Self.apiKeyVariable) runs")
    }

    /// - Parameter path: or a program that prints the key.
    static func apiKey(inFile path: String, _ option: String = "--api-key-file") throws(ClientError) -> APIKey {
        if let bytes = try InputFile.secret(path, option) {
            return try APIKey(line: InputFile.firstLine(in: bytes) ?? "", origin: "what \(option) runs")
        }
        return try APIKey(line: try InputFile.firstLine(path), origin: "'\(path)'")
    }

    func client(_ address: ServerAddress, timeoutSeconds: Int) async throws(ClientError) -> ServerClient {
        try await client(address, timeoutSeconds: timeoutSeconds, apiKey: try apiKey())
    }

    func client(
        _ address: ServerAddress,
        timeoutSeconds: Int,
        apiKey: APIKey?
    ) async throws(ClientError) -> ServerClient {
        let tls = try tls(for: address)
        guard address.scheme.isGRPC else {
            let exchange = HTTPExchange(address: address, timeoutSeconds: timeoutSeconds, tls: tls, apiKey: apiKey)
            return .http(KServeClient(exchange))
        }
        var settings = GRPCConnection.Settings()
        settings.timeoutSeconds = timeoutSeconds
        settings.apiKey = apiKey
        let connection = try await GRPCConnection.open(address, tls: tls, settings: settings)
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
