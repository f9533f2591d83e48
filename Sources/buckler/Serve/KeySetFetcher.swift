// SPDX-License-Identifier: Apache-2.0
import Access
import AsyncHTTPClient
import Inference
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks an issuer for its keys: by `KeySetAddress` only over TLS or on this machine, in bounded time and bytes, and at no
/// other place than the operator named.
struct KeySetFetcher: Sendable {
    static let byteLimit = 256 << 10
    static let secondsLimit = 5

    private let configuration: HTTPClient.Configuration

    /// - Parameter authorities: a PEM file with those that the issuer's certificate has to come from; `nil` for those that
    ///   this machine trusts.
    /// - Throws: `.invalidArgument` for a file that cannot be read.
    init(authorities: String?) throws(ServingError) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let authorities {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
            } catch {
                throw ServingError(
                    .invalidArgument,
                    "--jwt-key-set-ca=\(authorities) cannot be read as a PEM file of certificates",
                    cause: "\(error)"
                )
            }
        }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(Int64(Self.secondsLimit)), read: .seconds(Int64(Self.secondsLimit))),
            decompression: .disabled
        )
        configuration.httpVersion = .http1Only
        // When to try again is not for the client to say.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.configuration = configuration
    }

    /// - Returns: the body of a 200.
    /// - Throws: `.unavailable` for anything else.
    func fetch(_ url: String) async throws -> [UInt8] {
        // One client for each fetch: there are minutes between them, and no connection need be kept.
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        // Not waited for: a name that is still being looked up would hold up the end of the server.
        defer { Task.detached { try? await client.shutdown() } }
        do {
            return try await withThrowingTaskGroup(of: [UInt8].self) { tasks in
                tasks.addTask { try await Self.body(of: url, client) }
                tasks.addTask {
                    try await Task.sleep(for: .seconds(Self.secondsLimit))
                    throw Self.failure("it took longer than \(Self.secondsLimit) s")
                }
                defer { tasks.cancelAll() }
                return try await tasks.next() ?? []
            }
        } catch {
            throw Self.inWords(error)
        }
    }

    private static func body(of url: String, _ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
        request.headers.add(name: "user-agent", value: "buckler")
        let response = try await client.execute(request, timeout: .seconds(Int64(secondsLimit)))
        guard response.status == .ok else {
            let isElsewhere = (300..<400).contains(response.status.code)
            let hint = isElsewhere ? ", and redirections are not followed: name the address that has the keys" : ""
            throw failure("the answer's status is \(response.status.code)\(hint)")
        }
        return Array(buffer: try await response.body.collect(upTo: byteLimit))
    }

    private static func failure(_ reason: String, cause: String? = nil) -> ServingError {
        ServingError(.unavailable, "the issuer's keys cannot be fetched: \(reason)", cause: cause)
    }

    private static func inWords(_ error: any Error) -> ServingError {
        switch error {
        case let error as ServingError: error
        case is NIOTooManyBytesError: failure("the answer is longer than \(byteLimit) bytes")
        case let error as HTTPClientError: failure(error.shortDescription)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            failure("TLS failed, or the certificate is not trusted", cause: "\(error)")
        default: failure("there is no connection", cause: "\(error)")
        }
    }
}
